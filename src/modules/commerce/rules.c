/* rules.c - the pure rules of commerce: how stock is shared out, what commission, freight and
 * refunds come to, when an order is done. No store, no clock. */
#include "modules/commerce/model.h"

const char *const order_state_names[] = {"placed", "paid", "completed", "cancelled", NULL};
const char *const child_state_names[] = {"placed",    "paid",     "shipped", "delivered",
                                         "cancelled", "returned", NULL};

/* --- stock and prices ------------------------------------------------------------------------- */

bool rule_allocate(int64_t wanted, const int64_t *available, size_t count, int64_t *take) {
  int64_t together = 0;
  size_t whole = count;
  for (size_t i = 0; i < count; i++) {
    int64_t free_units = available[i] > 0 ? available[i] : 0;
    if (whole == count && free_units >= wanted) whole = i;
    together += free_units < wanted ? free_units : wanted;
  }
  if (together < wanted) return false;
  int64_t left = wanted;
  for (size_t i = 0; i < count; i++) {
    int64_t free_units = available[i] > 0 ? available[i] : 0;
    int64_t most = whole == count || whole == i ? left : 0;
    take[i] = free_units < most ? free_units : most;
    left -= take[i];
  }
  return true;
}

bool rule_commission(int64_t price, int64_t quantity, int64_t rate_ppb, int64_t *out) {
  int64_t each;
  return rate_apply(price, rate_ppb, ROUND_HALF_UP, &each) && !MUL_OVERFLOWS(each, quantity, out);
}

int64_t rule_freight(int64_t items_total, int64_t freight, int64_t free_from) {
  return free_from > 0 && items_total >= free_from ? 0 : freight;
}

int64_t rule_points(int64_t paid_minor, int scale, int64_t points_per_unit) {
  int64_t unit = 1, points;
  for (int i = 0; i < scale; i++)
    unit *= 10;
  if (paid_minor <= 0 || MUL_OVERFLOWS(paid_minor / unit, points_per_unit, &points)) return 0;
  return points;
}

/* --- sums ------------------------------------------------------------------------------------- */

int64_t line_items(const line_row *l) { return l->quantity * l->price; }
int64_t line_left(const line_row *l) { return line_items(l) + l->freight - l->refunded; }
int64_t child_total(const child_row *ch) { return ch->items_total + ch->freight; }
int64_t child_left(const child_row *ch) { return child_total(ch) - ch->refunded; }
int64_t order_total(const order_row *o) { return o->items_total + o->freight; }

child_row *order_child(order_full *f, id child) {
  for (size_t i = 0; i < f->child_count; i++) {
    if (f->children[i].child == child) return &f->children[i];
  }
  return NULL;
}

line_row *order_line(order_full *f, id line) {
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].line == line) return &f->lines[i];
  }
  return NULL;
}

/* --- refunds ---------------------------------------------------------------------------------- */

/* The commission that belongs to what has been given back so far, less what was returned of it
 * before: cumulative, so that many small refunds give back exactly the whole commission and never
 * more. */
static int64_t commission_due_back(const line_row *l) {
  int64_t items = line_items(l), counted = l->refunded < items ? l->refunded : items, due = 0;
  if (items == 0 || !mul_div(l->commission, counted, items, ROUND_HALF_UP, &due)) return 0;
  return due - l->commission_back;
}

static void book_refund(line_row *l, int64_t quantity, int64_t amount, int64_t *commission_back) {
  l->refunded_quantity += quantity;
  l->refunded += amount;
  *commission_back = commission_due_back(l);
  l->commission_back += *commission_back;
}

void rule_refund_all(line_row *l, int64_t *amount, int64_t *commission_back) {
  *amount = line_left(l);
  book_refund(l, l->quantity - l->refunded_quantity, *amount, commission_back);
}

status rule_refund_line(ctx *c, line_row *l, size_t index, refund_line want, int64_t *amount,
                        int64_t *commission_back) {
  str at = str_format(c->arena, "/lines/%zu/quantity", index);
  int64_t left = l->quantity - l->refunded_quantity;
  if (want.quantity < 0 || want.quantity > left) {
    return fail_field(c, E_RULE, at, "%lld of this line can still be refunded; send at most that.",
                      (long long)left);
  }
  str amount_at = str_format(c->arena, "/lines/%zu/amount", index);
  if (want.quantity == 0 && want.amount <= 0) {
    return fail_field(c, E_RULE, amount_at, "Send a quantity, an amount, or both; both are zero.");
  }
  int64_t give = want.amount;
  if (give == 0)
    give = want.quantity * l->price < line_left(l) ? want.quantity * l->price : line_left(l);
  if (give < 0 || give > line_left(l)) {
    return fail_field(c, E_RULE, amount_at,
                      "%lld is left of what was paid for this line; send at most that.",
                      (long long)line_left(l));
  }
  *amount = give;
  book_refund(l, want.quantity, give, commission_back);
  return OK;
}

/* --- states ----------------------------------------------------------------------------------- */

int rule_order_state(const order_full *f) {
  size_t cancelled = 0, ended = 0;
  for (size_t i = 0; i < f->child_count; i++) {
    int s = f->children[i].state;
    if (s == CHILD_CANCELLED) cancelled++;
    if (s == CHILD_CANCELLED || s == CHILD_DELIVERED || s == CHILD_RETURNED) ended++;
  }
  if (cancelled == f->child_count) return ORDER_CANCELLED;
  if (ended == f->child_count) return ORDER_COMPLETED;
  return f->o.state;
}

date rule_settles_on(date delivered, const child_row *ch, const calendar *cal) {
  if (ch->settle_rule == SETTLE_BUSINESS_DAYS)
    return calendar_add_days(cal, delivered, (int)ch->settle_days);
  return delivered + (date)ch->settle_days;
}

/* --- input that field tables can't check ------------------------------------------------------ */

static bool is_slug_char(char ch) {
  return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-';
}

status rule_check_slug(ctx *c, str slug) {
  bool good = slug.len >= 3 && slug.len <= 60 && slug.at[0] != '-' && slug.at[slug.len - 1] != '-';
  for (size_t i = 0; good && i < slug.len; i++)
    good = is_slug_char(slug.at[i]);
  if (good) return OK;
  return fail_field(c, E_MALFORMED, STR("/slug"),
                    "Use 3 to 60 of a-z, 0-9 and '-', not at the ends.");
}

status commerce_rule_check_json(ctx *c, str text, char first, str pointer) {
  if (text.len == 0 || text.at[0] == first) return OK;
  return fail_field(c, E_MALFORMED, pointer, "Send a JSON %s.", first == '{' ? "object" : "array");
}

status rule_check_terms(ctx *c, const contract_terms *terms) {
  if (terms->commission_ppb < 0 || terms->commission_ppb > RATE_ONE) {
    return fail_field(c, E_MALFORMED, STR("/terms/commission_ppb"),
                      "Send 0 to 1000000000 (parts per 10^9).");
  }
  if (terms->reserve_ppb < 0 || terms->commission_ppb + terms->reserve_ppb > RATE_ONE) {
    return fail_field(c, E_MALFORMED, STR("/terms/reserve_ppb"),
                      "Commission and reserve together can't be more than the whole, 1000000000.");
  }
  if (terms->settle_days < 0 || terms->settle_days > 365) {
    return fail_field(c, E_MALFORMED, STR("/terms/settle_days"), "Send 0 to 365 days.");
  }
  return OK;
}
