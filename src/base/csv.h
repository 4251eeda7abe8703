/* csv.h - RFC 4180 reader over a file that may be larger than memory: quoted fields with embedded
 * line ends and doubled quotes, CRLF or LF, an optional UTF-8 byte-order mark. Lines without a byte
 * are skipped. A record with broken quoting costs the line it starts on; reading goes on with the
 * next one. Pure over a read callback. */
#ifndef TAEL_CSV_H
#define TAEL_CSV_H

#include "base/base.h"

enum { CSV_FIELDS_MAX = 64, CSV_RECORD_MAX = 1 << 20 };

typedef struct csv_record {
  str fields[CSV_FIELDS_MAX]; /* views, good until the next csv_next */
  size_t count;
  int64_t line;      /* 1-based line the record starts on */
  const char *error; /* NULL, or why this record is malformed; reading can go on */
} csv_record;

typedef struct csv_reader csv_reader;
csv_reader *csv_open(arena *a, size_t (*read)(void *arg, char *into, size_t room), void *arg);
csv_reader *csv_open_text(arena *a, str text);
bool csv_next(csv_reader *r, csv_record *out); /* false at the end */
int64_t csv_bytes_read(const csv_reader *r);   /* for progress */

#endif
