/* test_verify.c - planted faults: what a wrong posting or a damaged row would look like, one after
 * the other on a store that is right, each found by the check that is for it. On both homes. */
#include "modules/commerce/test.h"

#include <string.h>

static test_shops *open_shops(void **state) { return test_shops_open(*state, NULL, 0); }

typedef struct fault_plan { /* a state of `tamper` */
  int number;
  id a, b;
} fault_plan;

/* Odd numbers undo the even ones before them. */
static status tamper_write(ctx *c, tx *t, void *state) {
  const fault_plan *f = state;
  db *d = tx_db(t);
  switch (f->number) {
  case 0:
    return db_run(c, d, "update orders set points = points + 1 where order_id = ?1", DB_INT(f->a));
  case 1:
    return db_run(c, d, "update orders set points = points - 1 where order_id = ?1", DB_INT(f->a));
  case 2:
    return db_run(c, d, "update child_order set refunded = refunded + 5 where order_id = ?1",
                  DB_INT(f->a));
  case 3:
    return db_run(c, d, "update child_order set refunded = refunded - 5 where order_id = ?1",
                  DB_INT(f->a));
  case 4: return db_run(c, d, "update order_line set goods = 2 where order_id = ?1", DB_INT(f->a));
  case 5: return db_run(c, d, "update order_line set goods = 0 where order_id = ?1", DB_INT(f->a));
  case 6:
    return db_run(c, d, "update payment set payable = ?2 where payment_id = ?1", DB_INT(f->a),
                  DB_INT(f->b));
  case 8:
    return db_run(c, d, "update payment_part set refunded = 7 where payment_id = ?1", DB_INT(f->a));
  case 9:
    return db_run(c, d, "update payment_part set refunded = 0 where payment_id = ?1", DB_INT(f->a));
  case 10:
    return db_run(c, d, "update settlement_item set amount = amount + 1 where child = ?1",
                  DB_INT(f->a));
  case 11:
    return db_run(c, d, "update settlement_item set amount = amount - 1 where child = ?1",
                  DB_INT(f->a));
  case 12:
    return db_run(
        c, d,
        "insert into payout (seller, payout_id, business_date, currency, amount, state, attempt_id,"
        " created_at, updated_at) values (?1, 1, 0, 156, 9, 0, 0, 0, 0)",
        DB_INT(f->a));
  case 13: return db_run(c, d, "delete from payout where payout_id = ?1", DB_INT(1));
  case 14:
    return db_run(
        c, d,
        "insert into wallet_move (owner, move_id, kind, other, currency, amount, state,"
        " business_date, created_at, updated_at) values (?1, 1, 1, 0, 156, 9, 0, 0, 0, 0)",
        DB_INT(f->a));
  case 15: return db_run(c, d, "delete from wallet_move where move_id = ?1", DB_INT(1));
  default: return E_INTERNAL;
  }
}
static status tamper_decide(ctx *c, tx *t, void *state) {
  UNUSED(c), UNUSED(t), UNUSED(state);
  return OK;
}
static const command_type tamper = {
    .name = "test.tamper", .decide = tamper_decide, .write = tamper_write};

/* What the checks say; empty when all fits. */
static const char *said(test_shops *s) {
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  str violation;
  assert_int_equal(commerce_verify(c, d, &violation), OK);
  if (violation.len == 0) assert_int_equal(payment_verify(c, d, &violation), OK);
  engine_reader_done(s->m->e, d);
  return str_zero(s->m->arena, violation);
}

static void plant(test_shops *s, int number, id a, id b, const char *expected) {
  fault_plan f = {number, a, b};
  test_do(s, &tamper, &f, OK);
  const char *violation = said(s);
  if (strstr(violation, expected) == NULL) print_message("%d: \"%s\"\n", number, violation);
  assert_non_null(strstr(violation, expected));
  if (expected[0] == '\0') assert_string_equal(violation, "");
}

static void each_planted_fault_is_found_by_its_check(void **state) {
  test_shops *s = open_shops(state);
  order_place *waits = test_order(s, s->buyer, 2, 0, true, OK),
              *arrived = test_order(s, s->buyer, 1, 0, true, OK);
  order_view v = test_order_view(s, arrived->order_id);
  id child = ((child_view *)v.children.items)->child;
  child_step step = {.order_id = arrived->order_id, .child_id = child};
  test_do(s, &commerce_ship_child, &step, OK);
  test_do(s, &commerce_deliver_child, &step, OK);
  test_books_hold(s);
  const struct {
    id subject;
    const char *expected;
  } faults[] = {{waits->order_id, "points"},         {waits->order_id, "escrow of"},
                {waits->order_id, "orders hold"},    {0, ""}, /* the next one, below */
                {waits->payment_id, "not released"}, {child, "not due"},
                {s->seller[0], "payouts under way"}, {s->buyer, "withdrawals under way"}};
  for (int i = 0; i < (int)COUNT_OF(faults); i++) {
    if (faults[i].subject == 0) continue;
    plant(s, 2 * i, faults[i].subject, 0, faults[i].expected);
    plant(s, 2 * i + 1, faults[i].subject, 0, "");
  }
  plant(s, 6, arrived->payment_id, waits->order_id, "paid more than once");
  plant(s, 6, arrived->payment_id, arrived->order_id, "");
  test_books_hold(s);
  test_shops_close(s);
}

int test_verify(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_planted_fault_is_found_by_its_check)};
  return test_market_run("commerce verify", tests, COUNT_OF(tests));
}
