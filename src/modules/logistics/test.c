/* test.c - parcels and procurement on both homes: goods and money move with what the carrier says,
 * and only once. */
#include "modules/commerce/test_shop.h"
#include "modules/logistics/inside.h"

#include <string.h>

static const module *const more[] = {&logistics_module};
static test_shops *open_shops(void **state) {
  return test_shops_open(*state, more, COUNT_OF(more));
}

static void a_parcel_goes_only_forward_and_its_end_is_final(void **state) {
  UNUSED(state);
  assert_int_equal(logistics_state_after(TRACK_LABELLED, TRACK_HANDED_OVER), TRACK_HANDED_OVER);
  assert_int_equal(logistics_state_after(TRACK_OUT_FOR_DELIVERY, TRACK_IN_TRANSIT),
                   TRACK_OUT_FOR_DELIVERY);
  assert_int_equal(logistics_state_after(TRACK_FAILED, TRACK_DELIVERED), TRACK_DELIVERED);
  assert_int_equal(logistics_state_after(TRACK_DELIVERED, TRACK_LOST), TRACK_DELIVERED);
}

static child_view *first_child(test_shops *s, id order) {
  order_view *v = ARENA_NEW(s->m->arena, order_view);
  *v = test_order_view(s, order);
  return v->children.items;
}

static void track(test_shops *s, const char *number, const char *key, int what, bool duplicate) {
  tracking_new n = {.carrier = STR("SF"),
                    .tracking = str_from(number),
                    .event = str_from(key),
                    .status = what,
                    .proof = STR("signed: Li"),
                    .at = 1700000000000000};
  test_do(s, &logistics_track, &n, OK);
  assert_int_equal(n.duplicate, duplicate);
}

static void a_parcel_handed_over_sends_the_goods_and_delivered_pays_the_seller_once(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 2, 0, true, OK);
  child_view *ch = first_child(s, p->order_id);
  parcel_new parcel = {.order_id = p->order_id,
                       .child_id = ch->child,
                       .seller = s->seller[1],
                       .carrier = STR("SF"),
                       .tracking = STR("1")};
  test_do(s, &logistics_create_parcel, &parcel, E_NOT_FOUND); /* another seller's */
  parcel.seller = s->seller[0];
  test_do(s, &logistics_create_parcel, &parcel, OK);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK);
  test_do(s, &logistics_create_parcel, &parcel, E_CONFLICT); /* everything is packed */
  track(s, "1", "a", TRACK_HANDED_OVER, false);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK - 2);
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_SHIPPED);
  track(s, "1", "a", TRACK_HANDED_OVER, true);
  track(s, "1", "b", TRACK_DELIVERED, false);
  track(s, "1", "b", TRACK_DELIVERED, true);
  track(s, "1", "c", TRACK_IN_TRANSIT, false); /* late news */
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_DELIVERED);
  assert_int_equal(test_balance(s, s->seller[0], CODE_SELLER_PENDING, 0), 2 * (19900 - 2388) + 800);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK - 2);
  test_books_hold(s);
  test_shops_close(s);
}

static void a_child_order_in_two_parcels_is_delivered_with_the_last_one(void **state) {
  test_shops *s = open_shops(state);
  warehouse_new second = {.seller = s->seller[0], .name = STR("North")};
  test_do(s, &commerce_create_warehouse, &second, OK);
  stock_move in = {.variant = s->variant[0], .warehouse = second.warehouse_id, .quantity = 5};
  test_do(s, &commerce_move_stock, &in, OK);
  order_place *p = test_order(s, s->buyer, 12, 0, true, OK); /* two lines: 10 and 2 */
  child_view *ch = first_child(s, p->order_id);
  order_line_view *lines = ch->lines.items;
  parcel_line_in one = {.line = lines[0].line, .quantity = lines[0].quantity + 1};
  parcel_new parcel = {.order_id = p->order_id,
                       .child_id = ch->child,
                       .carrier = STR("SF"),
                       .tracking = STR("1"),
                       .lines = {&one, 1},
                       .handed_over = true};
  test_do(s, &logistics_create_parcel, &parcel, E_RULE);
  one.quantity--;
  test_do(s, &logistics_create_parcel, &parcel, OK);
  parcel.lines = (field_array){0};
  test_do(s, &logistics_create_parcel, &parcel, E_CONFLICT); /* the same number */
  parcel.tracking = STR("2");
  parcel.handed_over = false;
  test_do(s, &logistics_create_parcel, &parcel, OK);
  track(s, "1", "a", TRACK_DELIVERED, false);
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_SHIPPED);
  track(s, "2", "a", TRACK_DELIVERED, false); /* never told that it was handed over */
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_DELIVERED);
  assert_int_equal(test_reserved(s, 0), 0);
  test_books_hold(s);
  test_shops_close(s);
}

/* Part of what was bought must not bring the money for all of it. */
static void what_was_not_packed_or_was_lost_keeps_the_sellers_share(void **state) {
  test_shops *s = open_shops(state);
  order_place *p = test_order(s, s->buyer, 5, 0, true, OK);
  child_view *ch = first_child(s, p->order_id);
  parcel_line_in some = {.line = ((order_line_view *)ch->lines.items)->line, .quantity = 1};
  parcel_new parcel = {.order_id = p->order_id,
                       .child_id = ch->child,
                       .carrier = STR("SF"),
                       .tracking = STR("1"),
                       .lines = {&some, 1}};
  test_do(s, &logistics_create_parcel, &parcel, OK);
  track(s, "1", "a", TRACK_DELIVERED, false); /* one of five */
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_SHIPPED);
  some.quantity = 3;
  parcel.tracking = STR("2");
  test_do(s, &logistics_create_parcel, &parcel, OK);
  track(s, "2", "a", TRACK_LOST, false);
  parcel.tracking = STR("3");
  some.quantity = 2;
  test_do(s, &logistics_create_parcel, &parcel, OK);
  track(s, "3", "a", TRACK_DELIVERED, false); /* three of five; two are lost */
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_SHIPPED);
  assert_int_equal(test_balance(s, s->seller[0], CODE_SELLER_PENDING, 0), 0);
  refund_line lost = {.line = some.line, .quantity = 2};
  order_refund back = {.order_id = p->order_id,
                       .child_id = ch->child,
                       .lines = {&lost, 1},
                       .view = ARENA_NEW(s->m->arena, order_view)};
  test_do(s, &commerce_refund_child, &back, OK);
  track(s, "3", "b", TRACK_DELIVERED, false);
  assert_int_equal(first_child(s, p->order_id)->state, CHILD_DELIVERED);
  track(s, "3", "c", TRACK_DELIVERED, false);
  assert_int_equal(test_balance(s, s->seller[0], CODE_SELLER_PENDING, 0), 3 * (19900 - 2388) + 800);
  test_books_hold(s);
  test_shops_close(s);
}

static void goods_are_received_up_to_what_was_ordered_and_owed_for(void **state) {
  test_shops *s = open_shops(state);
  supplier_new supplier = {.seller = s->seller[0], .name = STR("Kiln"), .payment_days = 30};
  test_do(s, &logistics_create_supplier, &supplier, OK);
  purchase_line_in line = {.variant = s->variant[0], .quantity = 8, .unit_cost = 9000};
  purchase_new purchase = {.seller = s->seller[0],
                           .supplier = supplier.supplier_id,
                           .warehouse = s->warehouse[1],
                           .lines = {&line, 1}};
  test_do(s, &logistics_create_purchase, &purchase, E_NOT_FOUND); /* another seller's warehouse */
  purchase.warehouse = s->warehouse[0];
  test_do(s, &logistics_create_purchase, &purchase, OK);
  receipt_line_in some = {.variant = s->variant[0], .quantity = 9};
  receipt_new receipt = {
      .seller = s->seller[0], .purchase = purchase.purchase_id, .lines = {&some, 1}};
  test_do(s, &logistics_receive, &receipt, E_RULE);
  some.quantity = 3;
  test_do(s, &logistics_receive, &receipt, OK);
  assert_int_equal(receipt.payable, 27000);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK + 3);
  receipt_new rest = {.seller = s->seller[0], .purchase = purchase.purchase_id};
  test_do(s, &logistics_receive, &rest, OK);
  assert_int_equal(rest.payable, 45000);
  assert_int_equal(test_on_hand(s, 0), TEST_STOCK + 8);
  test_do(s, &logistics_receive, &rest, E_CONFLICT);
  test_books_hold(s);
  test_shops_close(s);
}

static test_caller seller_caller(test_shops *s, size_t i) {
  user_new u = {.email = str_format(s->m->arena, "seller-%zu@example.com", i),
                .name = STR("Seller"),
                .kind = ACTOR_SELLER,
                .tenant = s->seller[i]};
  u.password_hash = identity_hash_password(test_market_ctx(s->m), STR(TEST_PASSWORD));
  test_do(s, &identity_create_user, &u, OK);
  return test_sign_in(s->m, str_zero(s->m->arena, u.email), TEST_PASSWORD);
}

static test_reply call(test_shops *s, const test_caller *who, const char *verb, const char *path,
                       const char *body, int expected) {
  test_reply r = test_call(s->m, who, verb, path, body);
  if (r.status != expected) print_message("%s %s: %.*s\n", verb, path, STR_ARGS(r.body));
  assert_int_equal(r.status, expected);
  return r;
}

/* Goods ordered and received of a new supplier, through the router; the purchase's path. */
static const char *buy_goods(test_shops *s, const test_caller *seller) {
  arena *a = s->m->arena;
  test_reply supplier = call(s, seller, "POST", "/v1/suppliers",
                             "{\"name\":\"Kiln\",\"contact\":\"Mr Wu, 138-0013-8000\","
                             "\"payment_days\":30}",
                             201);
  assert_null(test_text(&supplier, "contact")); /* an answer is kept under its key */
  const char *body =
      str_format(a,
                 "{\"supplier\":\"%s\",\"warehouse\":\"%.*s\","
                 "\"lines\":[{\"variant\":\"%.*s\",\"quantity\":8,\"unit_cost\":9000}]}",
                 test_text(&supplier, "supplier"),
                 STR_ARGS(id_print(a, ID_WAREHOUSE, s->warehouse[0])),
                 STR_ARGS(id_print(a, ID_VARIANT, s->variant[0])))
          .at;
  test_reply purchase = call(s, seller, "POST", "/v1/purchases", body, 201);
  const char *path = str_format(a, "/v1/purchases/%s", test_text(&purchase, "purchase")).at;
  const char *some = str_format(a, "{\"lines\":[{\"variant\":\"%.*s\",\"quantity\":3}]}",
                                STR_ARGS(id_print(a, ID_VARIANT, s->variant[0])))
                         .at;
  call(s, seller, "POST", str_format(a, "%s/receipts", path).at, some, 201);
  return path;
}

static void a_seller_reads_suppliers_purchases_receipts_and_payables(void **state) {
  test_shops *s = open_shops(state);
  test_caller seller = seller_caller(s, 0), other = seller_caller(s, 1);
  const char *path = buy_goods(s, &seller);
  test_reply r = call(s, &seller, "GET", "/v1/suppliers", NULL, 200);
  assert_string_equal(test_text(&r, "items.0.contact"), "Mr Wu, 138-0013-8000");
  r = call(s, &seller, "GET", path, NULL, 200);
  assert_string_equal(test_text(&r, "state"), "open");
  assert_int_equal(test_number(&r, "lines.0.received"), 3);
  r = call(s, &seller, "GET", "/v1/purchases", NULL, 200);
  assert_non_null(test_text(&r, "items.0.purchase"));
  const char *receipts = str_format(s->m->arena, "%s/receipts", path).at;
  r = call(s, &seller, "GET", receipts, NULL, 200);
  assert_non_null(test_text(&r, "items.0.receipt"));
  r = call(s, &seller, "GET", "/v1/payables", NULL, 200);
  assert_int_equal(test_number(&r, "items.0.amount"), 27000);
  assert_null(test_text(&r, "items.1.receipt"));
  call(s, &other, "GET", path, NULL, 404);
  call(s, &other, "GET", receipts, NULL, 404);
  static const char *const lists[] = {"/v1/suppliers", "/v1/purchases", "/v1/payables"};
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    r = call(s, &other, "GET", lists[i], NULL, 200);
    assert_int_equal(json_array_size(json_object_get(r.json, "items")), 0);
  }
  test_shops_close(s);
}

static void a_suppliers_contact_lies_sealed_in_the_store(void **state) {
  test_shops *s = open_shops(state);
  test_caller seller = seller_caller(s, 0);
  buy_goods(s, &seller);
  ctx *c = test_market_ctx(s->m);
  db *d = engine_reader(s->m->e, c);
  db_rows *rows;
  assert_int_equal(db_query0(c, d, &rows, "select contact from supplier"), OK);
  assert_true(db_next(rows));
  str kept = db_keep_text(rows, 0, c->arena);
  assert_int_equal(db_done(c, rows), OK);
  assert_true(kept.len > 0);
  assert_null(memmem(kept.at, kept.len, "Mr Wu", 5));
  assert_null(memmem(kept.at, kept.len, "0013-8000", 9));
  assert_int_equal(db_query0(c, d, &rows, "select response from engine_key"), OK);
  while (db_next(rows)) {
    str answer = db_get_bytes(rows, 0);
    assert_null(memmem(answer.at, answer.len, "0013-8000", 9));
  }
  assert_int_equal(db_done(c, rows), OK);
  engine_reader_done(s->m->e, d);
  test_shops_close(s);
}

static void every_route_refuses_nobody_and_those_without_its_scope(void **state) {
  test_shops *s = open_shops(state);
  test_walk_routes(s->m, &logistics_module);
  test_shops_close(s);
}

int main(void) {
  const struct CMUnitTest rules[] = {
      cmocka_unit_test(a_parcel_goes_only_forward_and_its_end_is_final)};
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_parcel_handed_over_sends_the_goods_and_delivered_pays_the_seller_once),
      cmocka_unit_test(a_child_order_in_two_parcels_is_delivered_with_the_last_one),
      cmocka_unit_test(what_was_not_packed_or_was_lost_keeps_the_sellers_share),
      cmocka_unit_test(goods_are_received_up_to_what_was_ordered_and_owed_for),
      cmocka_unit_test(a_seller_reads_suppliers_purchases_receipts_and_payables),
      cmocka_unit_test(a_suppliers_contact_lies_sealed_in_the_store),
      cmocka_unit_test(every_route_refuses_nobody_and_those_without_its_scope),
  };
  return cmocka_run_group_tests_name("parcel rules", rules, NULL, NULL) +
         test_market_run("logistics", tests, COUNT_OF(tests));
}
