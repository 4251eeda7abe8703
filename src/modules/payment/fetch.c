/* fetch.c - the daily job that reads channels' settlement files. It looks up for which dates lines
 * are still expected, asks the channel for those files alone, and books what they say (remit.c)
 * some hundred lines a commit; a run that was cut off reads the same files again. A channel that
 * does not answer is asked again the next day; it never keeps the day's other jobs from running. */
#include "modules/payment/remit.h"

#include "base/csv.h"

enum { DATES_MAX = 64, MISSING_AFTER_DAYS = 2, ASKED_MAX = 200 };

typedef struct settle_run {
  engine *e;
  market m;
  channel_row *channels;
  size_t channel_count;
  due_date dates[DATES_MAX];
  size_t date_count;
  int64_t files, matched, breaks, remitted;
} settle_run;

static status look_up(ctx *c, settle_run *r, date on) {
  db *reader = engine_reader(r->e, c);
  if (reader == NULL) return c->fault.code;
  status s = due_dates(c, reader, on, r->dates, DATES_MAX, &r->date_count);
  if (s == OK && r->date_count > 0) s = identity_market(c, reader, &r->m);
  if (s == OK && r->date_count > 0) s = channels_all(c, reader, &r->channels, &r->channel_count);
  engine_reader_done(r->e, reader);
  return s;
}

/* --- reading ---------------------------------------------------------------------------------- */
static bool is_heading(const csv_record *row) {
  static const char *const names[] = {"attempt", "kind", "amount", "fee", "currency"};
  if (row->error != NULL || row->count != COUNT_OF(names)) return false;
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    if (!str_eq(row->fields[i], str_from(names[i]))) return false;
  }
  return true;
}

static bool read_kind(str word, attempt_kind *out) {
  for (int i = 0; payment_attempt_kinds[i] != NULL; i++) {
    if (!str_eq(word, str_from(payment_attempt_kinds[i]))) continue;
    *out = (attempt_kind)i;
    return i != ATTEMPT_AUTHORISE && i != ATTEMPT_VOID; /* those move no money */
  }
  return false;
}

/* Kept and shown as it is: printable ASCII alone. */
static bool is_plain(str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] < ' ' || text.at[i] > '~') return false;
  }
  return text.len > 0 && text.len <= REMIT_ATTEMPT_MAX;
}

static remit_line read_line(ctx *c, const csv_record *row, date on, uint32_t wanted) {
  remit_line line = {0};
  uint32_t currency = 0;
  int scale;
  str attempt = row->count > 0 ? row->fields[0] : (str){0};
  line.readable = row->error == NULL && row->count == 5 && is_plain(attempt) &&
                  read_kind(row->fields[1], &line.kind) &&
                  str_to_int(row->fields[2], &line.amount) &&
                  str_to_int(row->fields[3], &line.fee) && line.amount > 0 &&
                  line.amount <= MONEY_MAX_JSON && line.fee >= 0 && line.fee <= line.amount &&
                  currency_by_code(row->fields[4], &currency, &scale) && currency == wanted;
  line.attempt = line.readable
                     ? str_copy(c->arena, attempt)
                     : str_format(c->arena, "%.*s line %lld", STR_ARGS(date_print(c->arena, on)),
                                  (long long)row->line);
  return line;
}

/* false: not a settlement file. */
static bool read_file(ctx *c, str csv, date on, uint32_t currency, remit_line **out,
                      size_t *count) {
  csv_reader *rows = csv_open_text(c->arena, csv);
  csv_record row;
  remit_line *lines = NULL;
  size_t n = 0, room = 0;
  if (!csv_next(rows, &row) || !is_heading(&row)) return false;
  while (csv_next(rows, &row)) {
    if (n == room) {
      size_t more = room == 0 ? REMIT_LINES_MAX : room;
      lines = arena_grow(c->arena, lines, room * sizeof *lines, (room + more) * sizeof *lines);
      room += more;
    }
    lines[n++] = read_line(c, &row, on, currency);
  }
  *out = lines;
  *count = n;
  return true;
}

/* --- booking ---------------------------------------------------------------------------------- */
static status book_some(ctx *c, settle_run *r, remit_in *in) {
  TRY(engine_call(c, r->e, &payment_book_lines, in, engine_system(r->e)));
  r->matched += in->matched;
  r->breaks += in->breaks;
  r->remitted += in->remitted;
  return OK;
}

/* The file says that money moved which we know nothing of yet, or gave up on: asked now, so that a
 * late approval is applied (and sent back) like any other. */
static status ask_and_book(ctx *c, settle_run *r, const remit_in *before) {
  remit_in in = {.channel = before->channel, .on = before->on, .asked = true};
  in.lines = ARENA_ARRAY(c->arena, remit_line, before->count);
  for (size_t i = 0; i < before->count && in.count < ASKED_MAX; i++) {
    const remit_line *line = &before->lines[i];
    channel_outcome said;
    if (line->booked || !line->waits) continue;
    if (payment_attempt_query(c, r->e, line->of.attempt_id, false, &said) != OK) fault_clear(c);
    in.lines[in.count++] = *line;
  }
  return book_some(c, r, &in);
}

static status book_all(ctx *c, settle_run *r, const due_date *of, remit_line *lines, size_t count) {
  for (size_t first = 0; first < count; first += REMIT_LINES_MAX) {
    size_t n = count - first < REMIT_LINES_MAX ? count - first : REMIT_LINES_MAX;
    remit_in in = {.channel = of->channel, .on = of->on, .lines = lines + first, .count = n};
    TRY(book_some(c, r, &in));
    if (in.waiting > 0) TRY(ask_and_book(c, r, &in));
  }
  return OK;
}

static status read_and_book(ctx *c, settle_run *r, const due_date *of, str csv) {
  remit_line *lines = NULL;
  size_t count = 0;
  if (!read_file(c, csv, of->on, r->m.currency, &lines, &count))
    return fail(c, E_CHANNEL, "The channel's answer is not a settlement file.");
  file_in file = {.channel = of->channel,
                  .on = of->on,
                  .hash = sha256_of(csv.at, csv.len),
                  .bytes = (int64_t)csv.len,
                  .lines = (int64_t)count};
  TRY(engine_call(c, r->e, &payment_note_file, &file, engine_system(r->e)));
  r->files++;
  return book_all(c, r, of, lines, count);
}

/* --- one date of one channel ------------------------------------------------------------------ */
static const connector *files_of(const settle_run *r, const due_date *of, str *url) {
  const channel_row *channel = channel_find(r->channels, r->channel_count, of->channel);
  const connector *how = channel == NULL ? NULL : payment_connector(channel->kind);
  if (how == NULL || how->settlement_file == NULL) return NULL;
  *url = channel->url;
  return how;
}

static status settle_date(ctx *c, settle_run *r, const due_date *of, date today) {
  str url = {0}, csv = {0};
  missing_in missing = {.channel = of->channel, .on = of->on};
  const connector *how = files_of(r, of, &url);
  missing.without_files = how == NULL;
  if (how != NULL) {
    channel_at at = {.channel = of->channel, .url = url, .currency = r->m.currency};
    TRY(how->settlement_file(c, how, &at, of->on, &csv));
    TRY(read_and_book(c, r, of, csv));
    if (of->on > today - MISSING_AFTER_DAYS) return OK;
  }
  TRY(engine_call(c, r->e, &payment_list_missing, &missing, engine_system(r->e)));
  r->breaks += (int64_t)missing.break_count;
  return OK;
}

/* Waiting for each date of a channel that is away would keep all other jobs waiting. */
static bool has_failed(const settle_run *r, const id *failed, size_t at) {
  for (size_t i = 0; i < at; i++) {
    if (failed[i] == r->dates[at].channel) return true;
  }
  return false;
}

static status run_channels(ctx *c, engine *e, date on, str *report) {
  settle_run *r = ARENA_NEW(c->arena, settle_run);
  r->e = e;
  TRY(look_up(c, r, on));
  id failed[DATES_MAX] = {0};
  for (size_t i = 0; i < r->date_count; i++) {
    if (has_failed(r, failed, i)) continue;
    status s = settle_date(c, r, &r->dates[i], on);
    if (s == E_CHANNEL) {
      log_line(LOG_WARN, "channel.no_file", "channel=%lld date=%.*s detail=%.*s",
               (long long)r->dates[i].channel, STR_ARGS(date_print(c->arena, r->dates[i].on)),
               STR_ARGS(c->fault.detail));
      failed[i] = r->dates[i].channel;
      fault_clear(c); /* asked again with the next date */
    } else if (s != OK) {
      return s;
    }
  }
  *report =
      str_format(c->arena, "files=%lld matched=%lld breaks=%lld remitted=%lld", (long long)r->files,
                 (long long)r->matched, (long long)r->breaks, (long long)r->remitted);
  return OK;
}

const job_type payment_job_channels = {
    "channels.settle",
    "Reads channels' settlement files: money arrives, what does not fit is listed", 0, 90,
    run_channels};
