/* test_orders.c - scenarios of orders on both homes: bought, sent, delivered, given up, given back.
 * After each the books and the goods must hold. */
#include "modules/commerce/test.h"

static test_shops *open_shops(void **state) { return test_shops_open(*state, NULL, 0); }

static child_view *child_of(order_view *v, id seller) {
  child_view *children = v->children.items;
  for (size_t i = 0; i < v->children.count; i++) {
    if (children[i].seller == seller) return &children[i];
  }
  return NULL;
}

static void ship(test_shops *s, id order, id child) {
  child_step step = {.order_id = order, .child_id = child};
  test_do(s, &commerce_ship_child, &step, OK);
}

static void deliver(test_shops *s, id order, id child, status expected) {
  child_step step = {.order_id = order, .child_id = child};
  test_do(s, &commerce_deliver_child, &step, expected);
}

static void a_cart_over_two_shops_is_paid_by_balance_and_campaign_in_one_step(void **state) {
  test_shops *s = open_shops(state);
  cart_new cart = {.buyer = s->buyer};
  test_do(s, &commerce_create_cart, &cart, OK);
  for (size_t i = 0; i < 2; i++) {
    cart_put put = {.cart = cart.cart_id, .buyer = s->buyer, .offer = s->offer[i], .quantity = 2};
    test_do(s, &commerce_put_in_cart, &put, OK);
  }
  int64_t total = 2 * 19900 + 800 + 2 * 5001;
  tender_in tenders[] = {{.kind = TENDER_CAMPAIGN, .amount = 5000, .campaign = s->campaign},
                         {.kind = TENDER_BALANCE, .amount = total - 5000}};
  order_view shown = {0};
  order_place p = {
      .buyer = s->buyer, .cart = cart.cart_id, .tenders = {tenders, 2}, .view = &shown};
  test_do(s, &commerce_place_order, &p, OK);
  assert_int_equal(p.state, ORDER_PAID);
  assert_int_equal(p.children.count, 2);
  order_view v = test_order_view(s, p.order_id);
  assert_int_equal(v.total, total);
  assert_int_equal(shown.total, total);
  assert_int_equal(v.points, total / 100);
  assert_int_equal(child_of(&v, s->seller[0])->commission, 2 * 2388);
  assert_int_equal(child_of(&v, s->seller[1])->commission, 2 * 600);
  assert_int_equal(test_reserved(s, 0), 2);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000 - total + 5000);
  assert_int_equal(test_balance(s, s->buyer, CODE_POINTS, 0), total / 100);
  assert_int_equal(test_balance(s, s->seller[1], CODE_ORDER_ESCROW, 0), 2 * 5001);
  test_books_hold(s);
  test_do(s, &commerce_place_order, &p, E_CONFLICT); /* the cart was ordered */
  test_shops_close(s);
}

static void goods_leave_arrive_and_the_seller_is_owed_the_rest(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 1, 3, true, OK);
  order_view v = test_order_view(s, p->order_id);
  id first = child_of(&v, s->seller[0])->child, second = child_of(&v, s->seller[1])->child;
  deliver(s, p->order_id, first, E_CONFLICT);
  ship(s, p->order_id, first);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK - 1);
  assert_int_equal(test_reserved(s, 0), 0);
  deliver(s, p->order_id, first, OK);
  assert_int_equal(test_balance(s, s->seller[0], CODE_SELLER_PENDING, 0), 19900 + 800 - 2388);
  assert_int_equal(test_balance(s, s->seller[0], CODE_ORDER_ESCROW, 0), 0);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_PAID);
  ship(s, p->order_id, second);
  deliver(s, p->order_id, second, OK);
  v = test_order_view(s, p->order_id);
  assert_int_equal(v.state, ORDER_COMPLETED);
  assert_int_equal(child_of(&v, s->seller[1])->settles_on - instant_date(v.placed_at, 480), 7);
  test_books_hold(s);
  test_shops_close(s);
}

static void a_buyer_cancels_before_anything_left_and_gets_everything_back(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 2, 2, true, OK);
  order_cancel cancel = {
      .order_id = p->order_id, .buyer = s->buyer, .reason = STR("changed my mind")};
  test_do(s, &commerce_cancel_order, &cancel, OK);
  assert_int_equal(cancel.refunded, 2 * 19900 + 800 + 2 * 5001);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_CANCELLED);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  assert_int_equal(test_balance(s, s->buyer, CODE_POINTS, 0), 0);
  assert_int_equal(test_reserved(s, 0), 0);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK);
  test_books_hold(s);
  test_do(s, &commerce_cancel_order, &cancel, E_CONFLICT);
  test_shops_close(s);
}

/* Its voucher paid for both sellers: a refund of either alone does not make it whole, both together
 * do. */
static void
a_voucher_over_two_sellers_is_good_again_when_the_whole_order_is_cancelled(void **state) {
  test_shops *s = open_shops(state);
  int64_t total = 5001 + 19900 + 800;
  voucher_issue issue = {.campaign_id = s->campaign, .amount = 6000, .count = 1};
  test_do(s, &payment_issue_vouchers, &issue, OK);
  order_line_in lines[] = {{s->offer[1], 1, PRICE_CURRENT, PRICE_CURRENT},
                           {s->offer[0], 1, PRICE_CURRENT, PRICE_CURRENT}};
  tender_in tenders[] = {{.kind = TENDER_VOUCHER, .amount = 6000, .voucher_code = issue.codes[0]},
                         {.kind = TENDER_BALANCE, .amount = total - 6000}};
  order_place first = {.buyer = s->buyer, .lines = {lines, 2}, .tenders = {tenders, 2}};
  test_do(s, &commerce_place_order, &first, OK);
  order_place again = {.buyer = s->buyer, .lines = {lines, 2}, .tenders = {tenders, 2}};
  test_do(s, &commerce_place_order, &again, E_CONFLICT);
  order_cancel cancel = {.order_id = first.order_id, .buyer = s->buyer, .reason = STR("no")};
  test_do(s, &commerce_cancel_order, &cancel, OK);
  test_do(s, &commerce_place_order, &again, OK);
  test_books_hold(s);
  test_shops_close(s);
}

static void a_seller_who_cannot_supply_gives_up_only_their_part(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 1, 1, true, OK);
  order_view v = test_order_view(s, p->order_id);
  id child = child_of(&v, s->seller[0])->child;
  order_cancel other = {.order_id = p->order_id, .child_id = child, .seller = s->seller[1]};
  test_do(s, &commerce_cancel_order, &other, E_NOT_FOUND);
  order_cancel cancel = {.order_id = p->order_id, .child_id = child, .seller = s->seller[0]};
  test_do(s, &commerce_cancel_order, &cancel, OK);
  v = test_order_view(s, p->order_id);
  assert_int_equal(v.state, ORDER_PAID);
  assert_int_equal(v.refunded, 20700);
  assert_int_equal(child_of(&v, s->seller[0])->state, CHILD_CANCELLED);
  assert_int_equal(child_of(&v, s->seller[1])->state, CHILD_PAID);
  order_cancel whole = {.order_id = p->order_id};
  test_do(s, &commerce_cancel_order, &whole, OK);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  test_books_hold(s);
  test_shops_close(s);
}

static void
a_partial_refund_after_delivery_comes_from_the_seller_with_its_commission(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 0, 3, true, OK);
  order_view v = test_order_view(s, p->order_id);
  child_view *ch = child_of(&v, s->seller[1]);
  ship(s, p->order_id, ch->child);
  deliver(s, p->order_id, ch->child, OK);
  refund_line line = {.line = ((order_line_view *)ch->lines.items)[0].line, .quantity = 1};
  order_refund refund = {.order_id = p->order_id, .child_id = ch->child, .lines = {&line, 1}};
  test_do(s, &commerce_refund_child, &refund, OK);
  assert_int_equal(refund.amount, 5001);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000 - 2 * 5001);
  assert_int_equal(test_balance(s, s->seller[1], CODE_SELLER_PENDING, 0), 2 * (5001 - 600));
  test_books_hold(s);
  line.quantity = 3; /* one is gone */
  test_do(s, &commerce_refund_child, &refund, E_RULE);
  order_refund rest = {.order_id = p->order_id, .child_id = ch->child};
  test_do(s, &commerce_refund_child, &rest, OK);
  assert_int_equal(rest.amount, 2 * 5001);
  test_do(s, &commerce_refund_child, &rest, E_RULE);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  test_books_hold(s);
  test_shops_close(s);
}

static void returned_goods_are_refunded_and_back_on_the_shelf_unless_damaged(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 0, 3, true, OK);
  order_view v = test_order_view(s, p->order_id);
  child_view *ch = child_of(&v, s->seller[1]);
  return_line line = {.line = ((order_line_view *)ch->lines.items)[0].line, .quantity = 2};
  return_new ask = {
      .order_id = p->order_id, .child_id = ch->child, .buyer = s->buyer, .lines = {&line, 1}};
  test_do(s, &commerce_ask_return, &ask, E_RULE); /* nothing has left */
  ship(s, p->order_id, ch->child);
  deliver(s, p->order_id, ch->child, OK);
  test_do(s, &commerce_ask_return, &ask, OK);
  id first = ask.return_id;
  test_do(s, &commerce_ask_return, &ask, E_RULE); /* two of three are asked back already */
  return_decision accept = {
      .order_id = p->order_id, .return_id = first, .seller = s->seller[1], .accept = true};
  test_do(s, &commerce_decide_return, &accept, OK);
  assert_int_equal(accept.refunded, 2 * 5001);
  assert_int_equal(test_on_hand(s, 1), TEST_STOCK - 1);
  test_do(s, &commerce_decide_return, &accept, E_CONFLICT);
  line.quantity = 1;
  test_do(s, &commerce_ask_return, &ask, OK);
  return_decision damaged = {
      .order_id = p->order_id, .return_id = ask.return_id, .accept = true, .damaged = true};
  test_do(s, &commerce_decide_return, &damaged, OK);
  assert_int_equal(test_on_hand(s, 1), TEST_STOCK - 1);
  v = test_order_view(s, p->order_id);
  assert_int_equal(child_of(&v, s->seller[1])->state, CHILD_RETURNED);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  test_books_hold(s);
  test_shops_close(s);
}

static void what_came_back_before_it_arrived_gives_everything_back(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 2, 0, true, OK);
  order_view v = test_order_view(s, p->order_id);
  child_view *ch = child_of(&v, s->seller[0]);
  ship(s, p->order_id, ch->child);
  return_line line = {.line = ((order_line_view *)ch->lines.items)[0].line, .quantity = 2};
  return_new ask = {
      .order_id = p->order_id, .child_id = ch->child, .buyer = s->buyer, .lines = {&line, 1}};
  test_do(s, &commerce_ask_return, &ask, OK);
  return_decision accept = {.order_id = p->order_id, .return_id = ask.return_id, .accept = true};
  test_do(s, &commerce_decide_return, &accept, OK);
  assert_int_equal(accept.refunded, 2 * 19900 + 800);
  assert_int_equal(test_balance(s, s->buyer, CODE_WALLET, 0), 1000000);
  assert_int_equal(test_balance(s, s->seller[0], CODE_ORDER_ESCROW, 0), 0);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK);
  test_books_hold(s);
  test_shops_close(s);
}

static void an_unpaid_order_holds_goods_for_its_window_and_then_gives_them_up(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 10, 0, false, OK);
  assert_int_equal(p->state, ORDER_PLACED);
  assert_int_equal(test_reserved(s, 0), 10);
  test_order(s, s->buyer, 1, 0, true, E_STOCK);
  tender_in tender = {.kind = TENDER_BALANCE, .amount = 199800};
  order_pay pay = {.order_id = p->order_id, .buyer = s->buyer, .tenders = {&tender, 1}};
  test_market_sleep(s->m, 1801);
  test_do(s, &commerce_pay_order, &pay, E_EXPIRED);
  ctx *c = test_market_ctx(s->m);
  str report;
  assert_int_equal(commerce_expire_job.run(c, s->m->e, c->today, &report), OK);
  assert_int_equal(test_order_view(s, p->order_id).state, ORDER_CANCELLED);
  assert_int_equal(test_reserved(s, 0), 0);
  p = test_order(s, s->buyer, 10, 0, false, OK);
  tender.amount = 199800;
  pay.order_id = p->order_id;
  test_do(s, &commerce_pay_order, &pay, OK);
  assert_int_equal(pay.state, ORDER_PAID);
  test_market_sleep(s->m, 86400);
  test_receive(s, 0, 1); /* a group runs: what is due would expire */
  assert_int_equal(test_reserved(s, 0), 10);
  test_books_hold(s);
  test_shops_close(s);
}

static void a_refused_order_says_why_and_changes_nothing(void **state) {
  test_shops *s = open_shops(state);
  sha256 before, after;
  test_hash(s->m, &before);
  test_order(s, s->buyer, 11, 0, true, E_STOCK);
  test_order(s, s->buyer, 1000, 0, true, E_MALFORMED);
  test_order(s, test_buyer(s, "poor@example.com", 0), 0, 0, true, E_MALFORMED);
  test_hash(s->m, &before);
  order_line_in twice[] = {{s->offer[0], 1, PRICE_CURRENT, PRICE_CURRENT},
                           {s->offer[0], 1, PRICE_CURRENT, PRICE_CURRENT}};
  order_place p = {.buyer = s->buyer, .lines = {twice, 2}};
  test_do(s, &commerce_place_order, &p, E_MALFORMED);
  twice[1].offer = 12345;
  test_do(s, &commerce_place_order, &p, E_NOT_FOUND);
  tender_in much = {.kind = TENDER_BALANCE, .amount = 20701};
  p = (order_place){.buyer = s->buyer, .lines = {twice, 1}, .tenders = {&much, 1}};
  ctx *c = test_market_ctx(s->m);
  assert_int_not_equal(engine_call(c, s->m->e, &commerce_place_order, &p, engine_system(s->m->e)),
                       OK);
  test_hash(s->m, &after);
  assert_true(sha256_eq(&before, &after));
  test_shops_close(s);
}

static void stock_in_two_warehouses_serves_one_line_and_counts_can_correct_it(void **state) {
  test_shops *s = open_shops(state);
  warehouse_new second = {.seller = s->seller[0], .name = STR("North")};
  test_do(s, &commerce_create_warehouse, &second, OK);
  stock_move in = {.variant = s->variant[0], .warehouse = second.warehouse_id, .quantity = 5};
  test_do(s, &commerce_move_stock, &in, OK);
  order_place *p = test_order(s, s->buyer, 12, 0, true, OK);
  order_view v = test_order_view(s, p->order_id);
  assert_int_equal(((child_view *)v.children.items)[0].lines.count, 2);
  assert_int_equal(((child_view *)v.children.items)[0].commission, 12 * 2388);
  stock_move out = {.variant = s->variant[0],
                    .warehouse = second.warehouse_id,
                    .quantity = -4,
                    .why = WHY_ADJUST_STOCK};
  test_do(s, &commerce_move_stock, &out, E_STOCK); /* two are reserved */
  out.quantity = -3;
  test_do(s, &commerce_move_stock, &out, OK);
  stock_move foreign = {.variant = s->variant[0],
                        .warehouse = second.warehouse_id,
                        .seller = s->seller[1],
                        .quantity = 1};
  test_do(s, &commerce_move_stock, &foreign, E_NOT_FOUND);
  test_books_hold(s);
  test_shops_close(s);
}

static void only_who_bought_reviews_and_once_a_line(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 1, 1, true, OK);
  review_new review = {
      .order_id = p->order_id, .buyer = test_buyer(s, "other@example.com", 0), .rating = 5};
  test_do(s, &commerce_review, &review, E_NOT_FOUND);
  review.buyer = s->buyer;
  review.rating = 6;
  test_do(s, &commerce_review, &review, E_MALFORMED);
  review.rating = 4;
  test_do(s, &commerce_review, &review, OK);
  test_do(s, &commerce_review, &review, E_CONFLICT); /* line_id is the first's now */
  review_new next = {.order_id = p->order_id, .buyer = s->buyer, .rating = 2, .text = STR("暗")};
  test_do(s, &commerce_review, &next, OK);
  assert_int_not_equal(next.line_id, review.line_id);
  next.line_id = 0;
  test_do(s, &commerce_review, &next, E_CONFLICT);
  order_place *unpaid = test_order(s, s->buyer, 1, 0, false, OK);
  review_new early = {.order_id = unpaid->order_id, .buyer = s->buyer, .rating = 1};
  test_do(s, &commerce_review, &early, E_CONFLICT);
  test_shops_close(s);
}

int test_orders(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cart_over_two_shops_is_paid_by_balance_and_campaign_in_one_step),
      cmocka_unit_test(goods_leave_arrive_and_the_seller_is_owed_the_rest),
      cmocka_unit_test(a_buyer_cancels_before_anything_left_and_gets_everything_back),
      cmocka_unit_test(a_voucher_over_two_sellers_is_good_again_when_the_whole_order_is_cancelled),
      cmocka_unit_test(a_seller_who_cannot_supply_gives_up_only_their_part),
      cmocka_unit_test(a_partial_refund_after_delivery_comes_from_the_seller_with_its_commission),
      cmocka_unit_test(returned_goods_are_refunded_and_back_on_the_shelf_unless_damaged),
      cmocka_unit_test(what_came_back_before_it_arrived_gives_everything_back),
      cmocka_unit_test(an_unpaid_order_holds_goods_for_its_window_and_then_gives_them_up),
      cmocka_unit_test(a_refused_order_says_why_and_changes_nothing),
      cmocka_unit_test(stock_in_two_warehouses_serves_one_line_and_counts_can_correct_it),
      cmocka_unit_test(only_who_bought_reviews_and_once_a_line),
  };
  return test_market_run("orders", tests, COUNT_OF(tests));
}
