/* lists_fill.c - see lists.h: rows that a market lived, again and again under other ids. It
 * promises that what belongs together stays together (an order, its parts, its payment) and that
 * newer ids have later times, as in life. */
#include "cli/bench/lists.h"
#include <string.h>

enum { COPIES_A_COMMIT = 16, DAYS_MAX = 64, DAILY_COPIES = 8 };
#define MICROS_PER_DAY (INT64_C(86400) * MICROS_PER_SECOND)

/* columns: "i" ids, "t" times, "d" dates; what is not named is copied as it is. The first one is
 * the row's own id. */
typedef struct long_table {
  const char *name, *columns;
  bool is_rare; /* as many copies as orders have; else until it has enough rows by itself */
} long_table;
static const long_table tables[] = {
    {"orders", "i:order_id i:payment_id t:placed_at t:paid_at t:expires_at", false},
    {"child_order", "i:order_id i:child_id t:shipped_at t:delivered_at d:settles_on", true},
    {"order_event", "i:order_id i:event_id i:child_id t:at i:command_id", true},
    {"order_return", "i:order_id i:return_id i:child_id t:asked_at t:decided_at", true},
    {"review", "i:review_id i:order_id i:line_id t:at", true},
    {"payment", "i:payment_id i:payable t:expires_at t:created_at t:updated_at", true},
    {"payment_attempt", "i:attempt_id i:payment_id i:subject t:created_at t:updated_at", true},
    {"payment_break", "i:break_id i:payment_id i:subject t:found_at t:resolved_at", false},
    {"dispute",
     "i:dispute_id i:payment_id i:attempt_id i:child d:answer_by t:opened_at t:closed_at", false},
    {"settlement_item", "i:child i:payment_id i:settlement_id d:due", true},
    {"settlement", "i:settlement_id i:payout_id d:business_date t:created_at", false},
    {"payout", "i:payout_id i:attempt_id d:business_date t:created_at t:updated_at", false},
    {"wallet_move", "i:move_id d:business_date t:created_at t:updated_at", false},
    {"voucher", "t:created_at i:payment_id t:expires_at", false},
    {"safeguard_proof", "t:taken_at d:business_date", true},
    {"parcel", "i:parcel_id i:order_id i:child_id t:made_at t:handed_over_at t:delivered_at", true},
    {"purchase", "i:purchase_id t:made_at", false},
    {"payable", "i:receipt_id i:purchase_id d:due", false},
    {"product", "i:product_id t:made_at", false},
    {"product_rating", "i:product_id", false},
    {"variant", "i:variant_id i:product_id", false},
    {"offer", "i:offer_id i:product_id i:variant_id t:made_at", false},
    {"stock", "i:variant_id i:stock_id", false},
    {"identity_user", "i:user_id t:created_at", false},
    {"identity_approval", "i:approval t:proposed_at t:expires_at t:decided_at", false},
    {"engine_event", "i:aggregate i:event_id t:at", true},
    {"engine_command", "i:command_id i:subject t:at", true},
    {"webhook_delivery", "i:event_id i:delivery i:aggregate t:next_at t:ended_at", true},
    {"desk_flow", "d:business_date", true},
    {"desk_proof", "i:proof t:asked_at t:ended_at", false},
};

/* --- what the lived market has none of, made from its rows -------------------------------------
 */

/* Rows are copied in one store; such a statement is none for a distributed one. */
#define WHOLE_STORE "/* in one store */ "
#define ONE_IN(n, column) "(" column " / 4096) % " n " = 0"
static const char *const seeds[] = {
    /* One return in eight is still to be decided. */
    WHOLE_STORE
    "insert into order_return (order_id, return_id, child_id, state, reason, asked_at, decided_at,"
    " refunded) select c.order_id, c.child_id + 1, c.child_id, case when " ONE_IN(
        "8", "c.child_id") " then 0 else 1 end, 'Too small', o.placed_at, 0, 0 from child_order c"
                           " join orders o on o.order_id = c.order_id where " ONE_IN("5",
                                                                                     "c.child_id"),
    /* One break in fifty is open. */
    WHOLE_STORE
    "insert into payment_break (break_id, kind, payment_id, subject, amount, currency, state, note,"
    " resolution, resolved_by, found_at, resolved_at, owner) select payment_id + 1, 'amount',"
    " payment_id, payment_id, 100, currency, case when " ONE_IN(
        "50", "payment_id") " then 0 else 1 end, '', '', 0, created_at, 0, 0 from payment",
    WHOLE_STORE
    "insert into dispute (dispute_id, payment_id, attempt_id, channel, seller, child, part_no,"
    " amount, currency, state, reason, evidence, from_account, answer_by, opened_at, closed_at)"
    " select c.child_id + 2, 0, 0, 0, c.seller, c.child_id, 0, 100, 156, 1, '', '', 0, 20000,"
    " o.placed_at, 0 from child_order c join orders o on o.order_id = c.order_id",
    WHOLE_STORE
    "insert into supplier (supplier_id, seller, name, contact, payment_days) select tenant + 1,"
    " tenant, name, '', 30 from identity_tenant where kind = 1",
    WHOLE_STORE
    "insert into purchase (purchase_id, seller, supplier_id, warehouse_id, state, note, made_at)"
    " select c.child_id + 3, c.seller, c.seller + 1, 0, 1, '', o.placed_at from child_order c"
    " join orders o on o.order_id = c.order_id",
    WHOLE_STORE
    "insert into payable (seller, receipt_id, supplier_id, purchase_id, amount, currency, due, "
    "state)"
    " select seller, purchase_id + 1, supplier_id, purchase_id, 100, 156, 20000, 0 from purchase",
    WHOLE_STORE
    "insert into identity_approval (approval, action, parameters, note, state, proposer, "
    "proposed_at,"
    " expires_at, decided_by, decided_at, reason, command) select payment_id + 4, 'payout', '{}', "
    "'',"
    " case when " ONE_IN("50", "payment_id") " then 0 else 1 end, 1, created_at, created_at, 2, 0,"
                                             " '', 0 from payment",
    WHOLE_STORE
    "insert into webhook (webhook, tenant, url, events, state, secret, old_secret, old_until,"
    " created_at) select 77, platform, 'https://example.com/', 'order.paid', 1, key_check, "
    "key_check,"
    " 0, 0 from market",
    WHOLE_STORE
    "insert into webhook_delivery (webhook, event_id, delivery, aggregate, type, state, tries,"
    " next_at, ended_at, http_status, error) select 77, event_id, event_id + 1, aggregate, type,"
    " case when " ONE_IN("500",
                         "event_id") " then 2 else 1 end, 1, 0, at, 200, '' from engine_event",
    WHOLE_STORE
    "insert into desk_proof (proof, asked_by, asked_at, ended_at, state) select payment_id + 5, 1,"
    " created_at, created_at, 2 from payment",
    WHOLE_STORE
    "insert into product_rating (product_id, reviews, stars) select product_id, 1, 5 from product"
    " where true on conflict (product_id) do nothing",
};

/* Once, after all copies: what a search for a rare word finds. */
static const char rare_product[] = WHOLE_STORE
    "insert into product (product_id, seller, shop_id, category_id, title, description, media,"
    " attributes, state, made_at) select 1, seller, shop_id, category_id, 'Zephyrine kettle', '',"
    " media, attributes, 1, made_at from product order by product_id limit 1";

/* --- copies ------------------------------------------------------------------------------------
 */

static status one_number(ctx *c, db *d, str sql, int64_t *out) {
  db_rows *rows;
  TRY(db_ask(c, d, &rows, sql));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* 'i', 't' or 'd', or 0 when the column stays as it is. */
static char kind_of(const char *columns, str name) {
  str rest = str_from(columns), word;
  while (str_split(&rest, ' ', &word)) {
    if (str_eq((str){word.at + 2, word.len - 2}, name)) return word.at[0];
  }
  return 0;
}

static void add_copied(buf *b, const long_table *t, str name) {
  static const struct {
    char kind;
    const char *place;
  } shifts[] = {{'i', "?1"}, {'t', "?2"}, {'d', "?3"}};
  char kind = kind_of(t->columns, name);
  for (size_t i = 0; i < COUNT_OF(shifts); i++) {
    if (shifts[i].kind != kind) continue;
    buf_format(b, "case when %.*s > 0 then %.*s + %s else %.*s end", STR_ARGS(name), STR_ARGS(name),
               shifts[i].place, STR_ARGS(name));
    return;
  }
  bool is_code = strcmp(t->name, "voucher") == 0 && str_eq(name, STR("code"));
  bool is_stars = strcmp(t->name, "product_rating") == 0 && str_eq(name, STR("stars"));
  if (is_code)
    buf_format(b, "code || '-' || cast(?5 as text)");
  else if (is_stars)
    buf_format(b, "1 + (product_id / 4096 + ?5) %% 5");
  else
    buf_add(b, name);
}

/* The statement that copies what was lived, once. All five values are named, for PostgreSQL wants
 * to know their types. */
static status copy_statement(ctx *c, db *reader, const long_table *t, const char **out) {
  buf into = buf_make(c->arena, 4096), from = buf_make(c->arena, 8192);
  db_rows *rows;
  TRY(db_ask(c, reader, &rows,
             str_format(c->arena, WHOLE_STORE "select * from %s limit 1", t->name)));
  for (int i = 0; i < db_columns(rows); i++) {
    str name = db_column_name(rows, i);
    if (str_eq(name, STR("fts_vector"))) continue; /* PostgreSQL makes it by itself */
    if (i > 0) buf_add(&into, STR(", "));
    if (i > 0) buf_add(&from, STR(", "));
    buf_add(&into, name);
    add_copied(&from, t, name);
  }
  TRY(db_done(c, rows));
  str rest = str_from(t->columns), lead;
  (void)str_split(&rest, ' ', &lead);
  *out =
      str_format(c->arena,
                 WHOLE_STORE
                 "insert into %s (%.*s) select %.*s from %s where %.*s <= ?4 and ?1 > 0 and ?2 > 0"
                 " and ?3 > 0 and ?5 > 0 on conflict do nothing",
                 t->name, STR_ARGS(buf_str(&into)), STR_ARGS(buf_str(&from)), t->name,
                 (int)lead.len - 2, lead.at + 2)
          .at;
  return OK;
}

typedef struct filling {
  db *writer, *reader;
  lists_span span;
  int64_t rows;
} filling;

static status copy_table(ctx *c, filling *f, const long_table *t) {
  const char *sql = NULL;
  int64_t had = 0, copies = f->span.copies;
  TRY(copy_statement(c, f->reader, t, &sql));
  TRY(one_number(c, f->reader, str_format(c->arena, WHOLE_STORE "select count(*) from %s", t->name),
                 &had));
  if (had == 0) return fail(c, E_RULE, "the market has no row of %s to copy", t->name);
  if (!t->is_rare) copies = (f->rows + had - 1) / had;
  bool is_daily = strcmp(t->name, "desk_flow") == 0; /* fifteen months of days */
  if (is_daily && copies > DAILY_COPIES) copies = DAILY_COPIES;
  int64_t top = 0, days = f->span.time_shift / MICROS_PER_DAY;
  int lead = (int)strcspn(t->columns + 2, " ");
  TRY(one_number(
      c, f->reader,
      str_format(c->arena, WHOLE_STORE "select max(%.*s) from %s", lead, t->columns + 2, t->name),
      &top));
  for (int64_t k = 1; k < copies; k++) {
    if (!db_in_transaction(f->writer)) TRY(db_begin(c, f->writer));
    TRY(db_exec(c, f->writer, sql, 5,
                (db_value[]){DB_INT(k * f->span.shift), DB_INT(k * f->span.time_shift),
                             DB_INT(k * days), DB_INT(top), DB_INT(k)}));
    if (k % COPIES_A_COMMIT == 0) TRY(db_commit(c, f->writer));
  }
  if (db_in_transaction(f->writer)) TRY(db_commit(c, f->writer));
  return db_checkpoint(c, f->writer);
}

status lists_read_span(ctx *c, db *d, lists_span *out) {
  int64_t first = 0, last = 0;
  TRY(one_number(c, d, STR("select min(tenant) from identity_tenant"), &first));
  TRY(one_number(c, d, STR("select value from engine_state where name = 'bench.top'"), &out->top));
  if (out->top == 0) TRY(one_number(c, d, STR("select max(event_id) from engine_event"), &last));
  TRY(one_number(c, d, STR("select value from engine_state where name = 'bench.copies'"),
                 &out->copies));
  if (out->top == 0) out->top = last;
  out->shift = out->top - first + ((id)1 << 32);
  out->time_shift = DAYS_MAX * (instant)MICROS_PER_DAY;
  return OK;
}

static status note_span(ctx *c, filling *f) {
  TRY(db_run(c, f->writer, "insert into engine_state (name, value) values ('bench.top', ?1)",
             DB_INT(f->span.top)));
  return db_run(c, f->writer, "insert into engine_state (name, value) values ('bench.copies', ?1)",
                DB_INT(f->span.copies));
}

static status fill(ctx *c, filling *f, FILE *err) {
  int64_t orders = 0;
  TRY(lists_read_span(c, f->reader, &f->span));
  if (f->span.copies != 0) return fail(c, E_RULE, "this store was filled before");
  TRY(one_number(c, f->reader, STR("select count(*) from orders"), &orders));
  if (orders == 0) return fail(c, E_RULE, "there are no orders to copy");
  f->span.copies = (f->rows + orders - 1) / orders;
  for (size_t i = 0; i < COUNT_OF(seeds); i++)
    TRY(db_exec(c, f->writer, seeds[i], 0, NULL));
  for (size_t i = 0; i < COUNT_OF(tables); i++) {
    TRY(copy_table(c, f, &tables[i]));
    fprintf(err, "%s\n", tables[i].name);
  }
  TRY(db_exec(c, f->writer, rare_product, 0, NULL));
  return note_span(c, f);
}

status lists_fill(ctx *c, str url, int64_t rows, FILE *err) {
  filling f = {.rows = rows};
  TRY(db_open(c, url, DB_WRITE, NULL, &f.writer));
  status s = db_open(c, url, DB_READ, NULL, &f.reader);
  if (s == OK) s = fill(c, &f, err);
  db_close(f.reader);
  db_close(f.writer);
  return s;
}
