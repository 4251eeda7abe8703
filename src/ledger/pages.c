/* pages.c - rows of packed records: written once, read by position, by place in a lane, and in
 * order. Decides nothing and keeps nothing between calls. */
#include "ledger/pages.h"

#include <string.h>

/* --- writing ---------------------------------------------------------------------------------- */
/* Records first, then their links: the part that is hashed and frozen lies in one piece. */
void page_add(page_body *p, const transfer *t, const record_links *links) {
  assert(p->count < PAGE_RECORDS);
  ledger_encode(t, p->bytes + p->count * TRANSFER_RECORD_BYTES);
  memcpy(p->bytes + (size_t)PAGE_RECORDS * TRANSFER_RECORD_BYTES + p->count * LINK_BYTES, links,
         LINK_BYTES);
  p->count++;
}

/* The links of a page that is not full move up behind its records. */
static str packed_bytes(page_body *p) {
  size_t records = p->count * TRANSFER_RECORD_BYTES;
  memmove(p->bytes + records, p->bytes + (size_t)PAGE_RECORDS * TRANSFER_RECORD_BYTES,
          p->count * LINK_BYTES);
  return (str){(const char *)p->bytes, p->count * PAGE_ITEM_BYTES};
}

status page_write(ctx *c, db *d, int64_t first, const page_body *p, const sha256 *head) {
  page_body copy = *p;
  transfer t;
  bool readable = ledger_decode(p->bytes, &t);
  assert(readable);
  UNUSED(readable);
  str body = packed_bytes(&copy);
  return db_run(c, d,
                "insert into ledger_page (position, lane, sequence, command, body, head) "
                "values (?1, ?2, ?3, ?4, ?5, ?6)",
                DB_INT(first), DB_INT(t.lane), DB_INT(t.sequence), DB_INT(t.command),
                DB_BYTES(body.at, body.len), DB_BYTES(head->bytes, sizeof head->bytes));
}

/* --- reading ---------------------------------------------------------------------------------- */
static status damaged(ctx *c, int64_t position) {
  return fail(c, E_STORE, "the page of record %lld is damaged or missing; restore a backup",
              (long long)position);
}

static bool take_body(str bytes, page_body *out) {
  out->count = bytes.len / PAGE_ITEM_BYTES;
  if (out->count == 0 || out->count > PAGE_RECORDS || bytes.len % PAGE_ITEM_BYTES != 0)
    return false;
  memcpy(out->bytes, bytes.at, bytes.len);
  return true;
}

static bool item(const page_body *p, int64_t first, size_t index, paged *out) {
  size_t records = p->count * TRANSFER_RECORD_BYTES;
  out->position = first + (int64_t)index;
  memcpy(&out->links, p->bytes + records + index * LINK_BYTES, LINK_BYTES);
  return ledger_decode(p->bytes + index * TRANSFER_RECORD_BYTES, &out->t);
}

bool page_decode(int64_t first, str body, paged out[static PAGE_RECORDS], size_t *count) {
  page_body p;
  *count = 0;
  if (!take_body(body, &p)) return false;
  while (*count < p.count) {
    if (!item(&p, first, *count, &out[*count])) return false;
    ++*count;
  }
  return true;
}

status pages_end(ctx *c, db *d, int64_t *last) {
  db_rows *rows;
  TRY(db_query0(c, d, &rows,
                "select position, length(body) from ledger_page order by position desc limit 1"));
  *last = db_next(rows) ? db_get_int(rows, 0) + db_get_int(rows, 1) / PAGE_ITEM_BYTES - 1 : 0;
  return db_done(c, rows);
}

status page_end(ctx *c, db *d, int64_t position, int64_t *end, sha256 *head) {
  db_rows *rows;
  *end = 0;
  *head = (sha256){{0}};
  TRY(db_query(c, d, &rows,
               "select position, length(body), head from ledger_page where position <= ?1 "
               "order by position desc limit 1",
               DB_INT(position)));
  if (db_next(rows)) {
    str bytes = db_get_bytes(rows, 2);
    *end = db_get_int(rows, 0) + db_get_int(rows, 1) / PAGE_ITEM_BYTES - 1;
    if (bytes.len == sizeof head->bytes) memcpy(head->bytes, bytes.at, bytes.len);
  }
  return db_done(c, rows);
}

static status read_page(ctx *c, db *d, page_at *p, int64_t position) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select position, body from ledger_page where position <= ?1 "
               "order by position desc limit 1",
               DB_INT(position)));
  bool good = false;
  if (db_next(rows)) {
    p->first = db_get_int(rows, 0);
    good = take_body(db_get_bytes(rows, 1), &p->body);
  }
  if (!good) p->body.count = 0;
  TRY(db_done(c, rows));
  return good ? OK : damaged(c, position);
}

static bool holds_position(const page_at *p, int64_t position) {
  return position >= p->first && position < p->first + (int64_t)p->body.count;
}

status page_record(ctx *c, db *d, page_at *p, int64_t position, paged *out) {
  if (!holds_position(p, position)) TRY(read_page(c, d, p, position));
  if (!holds_position(p, position)) return damaged(c, position);
  if (!item(&p->body, p->first, (size_t)(position - p->first), out)) return damaged(c, position);
  return OK;
}

status page_position(ctx *c, db *d, uint16_t lane, int64_t sequence, int64_t *position) {
  db_rows *rows;
  *position = 0;
  TRY(db_query(c, d, &rows,
               "select position, sequence, length(body) from ledger_page "
               "where lane = ?1 and sequence <= ?2 order by sequence desc limit 1",
               DB_INT(lane), DB_INT(sequence)));
  if (db_next(rows)) {
    int64_t index = sequence - db_get_int(rows, 1);
    if (index < db_get_int(rows, 2) / PAGE_ITEM_BYTES) *position = db_get_int(rows, 0) + index;
  }
  return db_done(c, rows);
}

static status visit_page(ctx *c, db *d, const page_at *p, int64_t after, int64_t last,
                         page_visit visit, void *arg) {
  paged records[PAGE_RECORDS];
  size_t count = 0;
  for (size_t i = 0; i < p->body.count; i++) {
    int64_t position = p->first + (int64_t)i;
    if (position <= after || position > last) continue;
    if (!item(&p->body, p->first, i, &records[count++])) return damaged(c, position);
  }
  return count == 0 ? OK : visit(c, d, arg, records, count);
}

status pages_each(ctx *c, db *d, int64_t after, int64_t last, page_visit visit, void *arg) {
  db_rows *rows;
  status s = OK;
  page_at p = {0};
  TRY(db_query(c, d, &rows,
               "select position, body from ledger_page where position > ?1 and position <= ?2 "
               "order by position",
               DB_INT(after - PAGE_RECORDS), DB_INT(last)));
  while (s == OK && db_next(rows)) {
    p.first = db_get_int(rows, 0);
    s = take_body(db_get_bytes(rows, 1), &p.body) ? visit_page(c, d, &p, after, last, visit, arg)
                                                  : damaged(c, p.first);
  }
  status end = db_done(c, rows);
  return s != OK ? s : end;
}

/* --- entries ---------------------------------------------------------------------------------- */
static void entry_move(balance *b, const paged *r, side s, int64_t sign) {
  int64_t *posted = s == SIDE_DEBIT ? &b->debits_posted : &b->credits_posted;
  int64_t *pending = s == SIDE_DEBIT ? &b->debits_pending : &b->credits_pending;
  if (r->t.flags & TRANSFER_PENDING) {
    *pending += sign * r->t.amount;
  } else if (r->t.flags & (TRANSFER_POST | TRANSFER_VOID | TRANSFER_EXPIRY)) {
    *pending -= sign * r->links.held;
    if (r->t.flags & TRANSFER_POST) *posted += sign * r->t.amount;
  } else {
    *posted += sign * r->t.amount;
  }
}

void entry_apply(balance *b, const paged *r, side s) { entry_move(b, r, s, 1); }
void entry_undo(balance *b, const paged *r, side s) { entry_move(b, r, s, -1); }
