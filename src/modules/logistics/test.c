/* test.c - parcels and procurement on both homes: goods and money move with what the carrier says,
 * and only once. */
#include "modules/commerce/test_shop.h"
#include "modules/logistics/inside.h"

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

int main(void) {
  const struct CMUnitTest rules[] = {
      cmocka_unit_test(a_parcel_goes_only_forward_and_its_end_is_final)};
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_parcel_handed_over_sends_the_goods_and_delivered_pays_the_seller_once),
      cmocka_unit_test(a_child_order_in_two_parcels_is_delivered_with_the_last_one),
      cmocka_unit_test(goods_are_received_up_to_what_was_ordered_and_owed_for),
  };
  return cmocka_run_group_tests_name("parcel rules", rules, NULL, NULL) +
         test_market_run("logistics", tests, COUNT_OF(tests));
}
