/* growth.c - a main for a fuzz target that asks how its time grows: an input eight times as long
 * may take at most 2.5 times as long for each doubling. The inputs are the saved corpus and a list
 * of pieces that parsers have been slow at, each repeated to both lengths. Time is the process's
 * own (other work on the machine does not count), the least of several runs, and what looks too
 * slow is measured again: a parser that squares takes 64 times as long every time.
 *
 *   growth_NAME FOLDER             the corpus of NAME
 *   growth_NAME FOLDER --planted   with a walk back over the input for each byte: must fail */
#include "target.h"
#include <dirent.h>
#include <malloc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  SHORT_BYTES = 8 << 10,
  TIMES_LONGER = 8,
  LONG_BYTES = SHORT_BYTES * TIMES_LONGER,
  RUNS = 5,
  TRIES = 4,
  LEAST_NS = 500000, /* of one measurement */
  ALLOWED_NS = 100000,
  GROWTH_MAX_MILLI = 15625, /* 2.5 for each of three doublings */
};

static bool is_planted;

typedef struct piece {
  const char *before;
  size_t len;
  const char *bytes;
} piece;

#define PIECE(before, bytes) \
  { (before), sizeof(bytes) - 1, (bytes) }

static const piece pieces[] = {
    PIECE("", "["),
    PIECE("", "{\"a\":"),
    PIECE("{", "\"a\":1,"),
    PIECE("[", "1,"),
    PIECE("", "9"),
    PIECE("", "0."),
    PIECE("0.", "0"),
    PIECE("", "-"),
    PIECE("\"", "\\u00e9"),
    PIECE("\"", "\\"),
    PIECE("\"", "a"),
    PIECE("", "\""),
    PIECE("", "\"\","),
    PIECE("", ","),
    PIECE("", "a,b\n"),
    PIECE("", "\"a\n"),
    PIECE("", "\r\n"),
    PIECE("", " "),
    PIECE("", "\0"),
    PIECE("", "\xff"),
    PIECE("", "\xe4\xb8\xad"),
    PIECE("", "2024-02-29 "),
    PIECE("GET /?", "a=b&"),
    PIECE("GET /?", "%41"),
    PIECE("GET /", "../"),
    PIECE("GET / HTTP/1.1\r\n", "A: b\r\n"),
    PIECE("GET / HTTP/1.1\r\nA: ", "b"),
    PIECE("GET / HTTP/1.1\r\nCookie: ", "a=b; "),
    PIECE("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"),
};

/* --- one input ----------------------------------------------------------------------------------
 */

/* Whole pieces, so that short and long ones end alike; `*len` becomes what that is. */
static uint8_t *repeat(const piece *p, size_t *len) {
  uint8_t *input = malloc(*len);
  assert(input != NULL);
  size_t before = strlen(p->before), at = before;
  memcpy(input, p->before, before);
  for (; at + p->len <= *len; at += p->len)
    memcpy(input + at, p->bytes, p->len);
  *len = at;
  return input;
}

static void walk_back_for_each_byte(const uint8_t *input, size_t len) {
  volatile uint32_t sum = 0;
  for (size_t i = 0; i < len; i++) {
    for (size_t k = i; k > 0; k--)
      sum = sum + input[k];
  }
}

static int64_t own_time_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One reading, of as many calls as the clock needs. */
static int64_t read_once(const uint8_t *input, size_t len) {
  int64_t began = own_time_ns(), now;
  int calls = 0;
  do {
    LLVMFuzzerTestOneInput(input, len);
    if (is_planted) walk_back_for_each_byte(input, len);
    calls++;
    now = own_time_ns();
  } while (now - began < LEAST_NS);
  return (now - began) / calls;
}

static int64_t least_ns(const piece *p, size_t len) {
  uint8_t *input = repeat(p, &len);
  int64_t least = read_once(input, len);
  for (int i = 1; i < RUNS; i++) {
    int64_t ns = read_once(input, len);
    if (ns < least) least = ns;
  }
  free(input);
  return least;
}

static bool grows_well(const piece *p, const char *name) {
  int64_t few = 0, many = 0;
  for (int i = 0; i < TRIES; i++) {
    few = least_ns(p, SHORT_BYTES);
    many = least_ns(p, LONG_BYTES);
    if (many <= few * GROWTH_MAX_MILLI / 1000 + ALLOWED_NS) return true;
  }
  printf("%s: %lld us for %d bytes, %lld us for %d\n", name, (long long)(few / 1000), SHORT_BYTES,
         (long long)(many / 1000), LONG_BYTES);
  return false;
}

/* --- all of them --------------------------------------------------------------------------------
 */

static bool file_grows_well(const char *folder, const char *name) {
  static char bytes[SHORT_BYTES];
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  assert(file != NULL);
  piece p = {.before = "", .len = fread(bytes, 1, sizeof bytes, file), .bytes = bytes};
  fclose(file);
  return p.len == 0 || grows_well(&p, name);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: growth_NAME FOLDER [--planted]\n");
    return 2;
  }
  /* The system's price of memory that is given back and asked for again is not the parser's. */
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_MMAP_THRESHOLD, INT_MAX);
  is_planted = argc > 2 && strcmp(argv[2], "--planted") == 0;
  bool good = true;
  int count = 0;
  for (size_t i = 0; i < COUNT_OF(pieces); i++, count++) {
    char name[40];
    snprintf(name, sizeof name, "piece %zu", i);
    good = grows_well(&pieces[i], name) && good;
    if (is_planted) return good ? 0 : 1; /* one is enough */
  }
  DIR *folder = opendir(argv[1]);
  if (folder == NULL) {
    fprintf(stderr, "no such folder: %s\n", argv[1]);
    return 2;
  }
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    good = file_grows_well(argv[1], entry->d_name) && good;
    count++;
  }
  closedir(folder);
  printf("%d inputs grown\n", count);
  return good ? 0 : 1;
}
