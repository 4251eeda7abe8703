/* measure.h - the small tools of benchmarks that run without a server: a clock, percentiles, what
 * the process holds in memory. */
#ifndef TAEL_BENCH_MEASURE_H
#define TAEL_BENCH_MEASURE_H

#include "cli/cli.h"

int64_t measure_ns(void);
uint64_t measure_mix(uint64_t x); /* a bijection that looks random */
void measure_sort(int64_t *values, size_t count);
int64_t measure_median(int64_t *values, size_t count); /* sorts them */
int64_t measure_at(const int64_t *sorted, size_t count, int per_mille);
void *measure_room(size_t count, size_t size); /* zeroed; free() it; stops the process when short */

typedef struct measure_memory {
  int64_t resident_kib, anonymous_kib; /* without mapped files */
} measure_memory;
measure_memory measure_resident(void);

/* --ids ordered|random */
status measure_is_random(cli *self, bool *out);
/* A folder in memory makes nothing durable: refused. */
status measure_refuse_memory(ctx *c, const char *folder);

/* The folder of --db's file, else the working directory: where all that is written lies. */
const char *measure_folder(const cli *self);
/* The store of --db, or a temporary one beside the working directory, which must be on a disk. */
typedef struct measure_store {
  ctx *ctx;
  str url;
  bool is_temporary;
} measure_store;
status measure_store_make(cli *self, measure_store *out);
/* With all that lies beside it; only a temporary one. */
void measure_store_remove(const measure_store *s);
int64_t measure_store_bytes(const measure_store *s); /* the file alone; 0: it is a server's */

status bench_ids(cli *self);

#endif
