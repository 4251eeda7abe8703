/* remit.h - what remit.c (booking a settlement file), store_remit.c (its rows) and fetch.c (the job
 * that reads the files) share. Private. */
#ifndef TAEL_PAYMENT_REMIT_H
#define TAEL_PAYMENT_REMIT_H

#include "modules/payment/inside.h"

enum { REMIT_LINES_MAX = 500, REMIT_ATTEMPT_MAX = 64 }; /* lines of one command, one commit */

typedef enum line_state { LINE_MATCHED, LINE_DIFFERS, LINE_UNMATCHED, LINE_UNREADABLE } line_state;
typedef enum due_state { DUE_WAITS, DUE_MISSING, DUE_NO_FILES } due_state;

/* What the books say of an attempt a line is about. */
typedef struct remit_attempt {
  id attempt_id, payment_id, subject;
  attempt_kind kind;
  attempt_state state;
  int64_t amount, got_amount;
} remit_attempt;

typedef struct remit_line {
  str attempt; /* as the channel wrote it; of an unreadable line at most REMIT_ATTEMPT_MAX bytes */
  bool readable;
  attempt_kind kind;
  int64_t amount, fee;
  /* what was found and decided: */
  bool booked, known; /* known: `of` is set */
  remit_attempt of;
  bool waits; /* not to be booked yet: the attempt's outcome is still open */
  line_state state;
} remit_line;

typedef struct remit_in {
  id channel;
  date on;
  remit_line *lines;
  size_t count;
  bool asked; /* the channel was asked about the lines that waited */
  /* out: */
  int64_t matched, breaks, waiting, remitted, fees;
  void *inner;
} remit_in;
extern const command_type payment_book_lines;

/* What a date's file did not tell: lists what is late as missing; without_files: its channel sends
 * none, so nothing is waited for. */
typedef struct missing_in {
  id channel;
  date on;
  bool without_files;
  remit_attempt *late;
  break_row *breaks;
  size_t count, break_count;
  market m;
} missing_in;
extern const command_type payment_list_missing;

typedef struct file_in {
  id channel;
  date on;
  sha256 hash;
  int64_t bytes, lines;
} file_in;
extern const command_type payment_note_file;

extern const job_type payment_job_channels;

/* --- store_remit.c ---------------------------------------------------------------------------- */
typedef struct due_date {
  id channel;
  date on;
} due_date;
/* An attempt whose line is to be expected, from its approval on; and no more. */
status due_insert(ctx *c, db *d, const attempt_row *a, date on);
status due_delete(ctx *c, db *d, id attempt_id);
status due_set_state(ctx *c, db *d, id channel, date on, due_state state);
status due_dates(ctx *c, db *d, date until, due_date *out, size_t max, size_t *count);
/* Of one channel and date, those in `state` or all for -1, by attempt; for update. */
status due_attempts(ctx *c, db *d, id channel, date on, int state, remit_attempt **out,
                    size_t *count);
status remit_attempt_get(ctx *c, db *d, id channel, id attempt_id, remit_attempt *out, bool *found);
status line_is_booked(ctx *c, db *d, id channel, str attempt, bool *out);
status line_insert(ctx *c, db *d, const remit_in *in, const remit_line *line, instant now);
status file_insert(ctx *c, db *d, const file_in *in, instant now);

#endif
