/* measure.c - see measure.h. */
#include "cli/bench/measure.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { TMPFS = 0x01021994 };

int64_t measure_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t measure_mix(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void measure_sort(int64_t *values, size_t count) { qsort(values, count, sizeof *values, by_value); }

int64_t measure_median(int64_t *values, size_t count) {
  measure_sort(values, count);
  return measure_at(values, count, 500);
}

int64_t measure_at(const int64_t *sorted, size_t count, int per_mille) {
  size_t at = count * (size_t)per_mille / 1000;
  return count == 0 ? 0 : sorted[at < count ? at : count - 1];
}

void *measure_room(size_t count, size_t size) {
  void *at = calloc(count, size);
  if (at == NULL) abort();
  return at;
}

measure_memory measure_resident(void) {
  measure_memory m = {0};
  FILE *f = fopen("/proc/self/status", "re");
  char line[256];
  while (f != NULL && fgets(line, sizeof line, f) != NULL) {
    if (strncmp(line, "VmRSS:", 6) == 0) m.resident_kib = strtoll(line + 6, NULL, 10);
    if (strncmp(line, "RssAnon:", 8) == 0) m.anonymous_kib = strtoll(line + 8, NULL, 10);
  }
  if (f != NULL) fclose(f);
  return m;
}

status measure_is_random(cli *self, bool *out) {
  const char *given = cli_text(self, "ids");
  bool is_random = strcmp(given, "random") == 0;
  if (!is_random && strcmp(given, "ordered") != 0)
    return fail(self->ctx, E_MALFORMED, "--ids is ordered or random, not %s", given);
  *out = is_random;
  return OK;
}

status measure_refuse_memory(ctx *c, const char *folder) {
  struct statfs s;
  if (statfs(folder, &s) == 0 && s.f_type != TMPFS) return OK;
  return fail(c, E_RULE,
              "%s lies in memory (tmpfs): nothing is durable there; run from a folder on a disk.",
              folder);
}

static const str SQLITE = {"sqlite:", 7};

const char *measure_folder(const cli *self) {
  const char *given = cli_text(self, "db");
  if (given == NULL || !str_starts(str_from(given), SQLITE)) return ".";
  const char *file = given + SQLITE.len, *slash = strrchr(file, '/');
  if (slash == NULL) return ".";
  size_t len = slash == file ? 1 : (size_t)(slash - file);
  return str_format(self->ctx->arena, "%.*s", (int)len, file).at;
}

status measure_store_make(cli *self, measure_store *out) {
  const char *given = cli_text(self, "db");
  TRY(measure_refuse_memory(self->ctx, measure_folder(self)));
  *out = (measure_store){.ctx = self->ctx, .is_temporary = given == NULL};
  out->url = given != NULL
                 ? str_from(given)
                 : str_format(self->ctx->arena, "sqlite:.tael-bench-%d.db", (int)getpid());
  return OK;
}

static const char *file_beside(const measure_store *s, const char *ending) {
  str file = {s->url.at + SQLITE.len, s->url.len - SQLITE.len};
  return str_format(s->ctx->arena, "%.*s%s", STR_ARGS(file), ending).at;
}

void measure_store_remove(const measure_store *s) {
  if (s->is_temporary) cli_remove_store(s->ctx->arena, s->url);
}

int64_t measure_store_bytes(const measure_store *s) {
  struct stat st;
  bool is_file = str_starts(s->url, SQLITE) && stat(file_beside(s, ""), &st) == 0;
  return is_file ? (int64_t)st.st_size : 0;
}
