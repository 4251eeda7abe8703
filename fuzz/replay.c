/* replay.c - a main for a fuzz target without libFuzzer: feeds it each file of the folders it is
 * given, so that what once broke a parser is tried again by every test run and every compiler. */
#include "target.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { INPUT_MAX = 1 << 20 };

static void replay_file(const char *folder, const char *name) {
  static uint8_t input[INPUT_MAX];
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  assert(file != NULL);
  size_t size = fread(input, 1, sizeof input, file);
  fclose(file);
  uint8_t *exact = malloc(size + 1); /* its own block, so that ASan sees a read past the end */
  assert(exact != NULL);
  for (size_t i = 0; i < size; i++) {
    exact[i] = input[i];
  }
  LLVMFuzzerTestOneInput(exact, size);
  free(exact);
}

int main(int argc, char **argv) {
  int replayed = 0;
  for (int i = 1; i < argc; i++) {
    DIR *folder = opendir(argv[i]);
    if (folder == NULL) {
      fprintf(stderr, "no such folder: %s\n", argv[i]);
      return 1;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      if (entry->d_name[0] == '.') continue;
      replay_file(argv[i], entry->d_name);
      replayed++;
    }
    closedir(folder);
  }
  printf("%d inputs replayed\n", replayed);
  return replayed > 0 ? 0 : 1;
}
