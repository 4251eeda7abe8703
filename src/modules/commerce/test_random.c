/* test_random.c - buyers, sellers and strangers do whatever comes to mind: random commands, right
 * and wrong, on both homes. Whatever is refused changes nothing; after every batch the books, the
 * goods and customers' money are proved. TAEL_STORE_CASES sets the commands, TAEL_SEED the choices.
 */
#include "modules/commerce/test.h"

#include "modules/payment/report.h"

enum { BUYERS = 3, VOUCHERS = 200, VOUCHER_WORTH = 700, BATCHES = 8, HASHED = 200 };

typedef struct world {
  test_shops *s;
  arena *scratch; /* of the step at hand */
  ctx c;
  rng *r;
  id buyers[BUYERS];
  str *vouchers;
  id *orders;
  size_t order_count;
  uint64_t accepted, refused, hashed;
  bool hash_this;
} world;

static int64_t pick(world *w, int64_t bound) { return (int64_t)rng_below(w->r, (uint64_t)bound); }
static bool seldom(world *w) { return pick(w, 12) == 0; }

/* The clock stands still between commands, so nothing but the command can change the store. */
static bool run(world *w, const command_type *type, void *state) {
  sha256 before, after;
  if (w->hash_this) test_hash(w->s->m, &before);
  engine_ctx(w->s->m->e, w->scratch, &w->c);
  status got = engine_call(&w->c, w->s->m->e, type, state, engine_system(w->s->m->e));
  if (got == E_STORE || got == E_INTERNAL || got == E_UNKNOWN || got == E_NO_MEMORY) {
    print_message("%s: %.*s\n", type->name, STR_ARGS(w->c.fault.detail));
    assert_int_equal(got, OK);
  }
  if (got == OK) {
    w->accepted++;
    return true;
  }
  w->refused++;
  if (w->hash_this) {
    test_hash(w->s->m, &after);
    assert_true(sha256_eq(&before, &after));
    w->hashed++;
  }
  return false;
}

/* An order of the past, or one there never was. */
static id any_order(world *w) {
  if (w->order_count == 0 || seldom(w)) return 12345;
  size_t recent = w->order_count < 40 ? w->order_count : 40;
  return w->orders[w->order_count - 1 - (size_t)pick(w, (int64_t)recent)];
}

static bool look(world *w, id order, order_view *v) {
  engine_ctx(w->s->m->e, w->scratch, &w->c);
  db *d = engine_reader(w->s->m->e, &w->c);
  status got = commerce_order_get(&w->c, d, order, v);
  engine_reader_done(w->s->m->e, d);
  return got == OK;
}

static const child_view *any_child(world *w, const order_view *v) {
  return (const child_view *)v->children.items + pick(w, (int64_t)v->children.count);
}

/* Who says it: the child's seller, now and then another. */
static id a_seller(world *w, const child_view *ch) {
  return seldom(w) ? w->s->seller[pick(w, TEST_SHOPS)] : ch->seller;
}
static id a_buyer(world *w, const order_view *v) {
  return seldom(w) ? w->buyers[pick(w, BUYERS)] : v->buyer;
}

/* --- the commands ----------------------------------------------------------------------------- */

static void do_receive(world *w) {
  size_t shop = (size_t)pick(w, TEST_SHOPS);
  stock_move m = {.variant = w->s->variant[shop],
                  .warehouse = w->s->warehouse[seldom(w) ? 1 - shop : shop],
                  .seller = w->s->seller[shop],
                  .quantity = pick(w, 30) - 3,
                  .why = WHY_RECEIVE_STOCK};
  if (m.quantity < 0) m.why = WHY_ADJUST_STOCK;
  run(w, &commerce_move_stock, &m);
}

/* Up to three tenders that sum to the total, mostly. */
static field_array some_tenders(world *w, int64_t total) {
  tender_in *list = ARENA_ARRAY(w->scratch, tender_in, 3);
  size_t n = 0;
  if (pick(w, 3) == 0 && total > VOUCHER_WORTH) {
    list[n++] = (tender_in){.kind = TENDER_VOUCHER,
                            .amount = VOUCHER_WORTH,
                            .voucher_code = w->vouchers[pick(w, VOUCHERS)]};
    total -= VOUCHER_WORTH;
  }
  if (pick(w, 3) == 0 && total > 100) {
    int64_t part = 1 + pick(w, total > 500 ? 500 : total - 1);
    list[n++] = (tender_in){.kind = TENDER_CAMPAIGN, .amount = part, .campaign = w->s->campaign};
    total -= part;
  }
  list[n++] = (tender_in){.kind = TENDER_BALANCE, .amount = total + (seldom(w) ? 1 : 0)};
  return (field_array){list, n};
}

static void do_place(world *w) {
  order_line_in *lines = ARENA_ARRAY(w->scratch, order_line_in, TEST_SHOPS);
  size_t n = 0;
  int64_t total = 0;
  for (size_t i = 0; i < TEST_SHOPS; i++) {
    int64_t quantity = pick(w, 4);
    if (quantity == 0) continue;
    lines[n++] =
        (order_line_in){seldom(w) ? 12345 : w->s->offer[i], quantity, PRICE_CURRENT, PRICE_CURRENT};
    total += quantity * w->s->price[i] + (i == 0 ? 800 : 0);
  }
  order_place p = {.buyer = w->buyers[pick(w, BUYERS)], .lines = {lines, n}};
  if (pick(w, 5) > 0) p.tenders = some_tenders(w, total);
  if (run(w, &commerce_place_order, &p)) w->orders[w->order_count++] = p.order_id;
}

static void do_pay(world *w, const order_view *v) {
  order_pay p = {
      .order_id = v->order, .buyer = a_buyer(w, v), .tenders = some_tenders(w, v->total)};
  run(w, &commerce_pay_order, &p);
}

static void do_cancel(world *w, const order_view *v) {
  order_cancel p = {.order_id = v->order, .reason = STR("no")};
  if (pick(w, 2) == 0) {
    p.buyer = a_buyer(w, v);
  } else {
    const child_view *ch = any_child(w, v);
    p.child_id = ch->child;
    p.seller = a_seller(w, ch);
  }
  run(w, &commerce_cancel_order, &p);
}

static void do_ship(world *w, const order_view *v) {
  const child_view *ch = any_child(w, v);
  child_step p = {.order_id = v->order, .child_id = ch->child, .seller = a_seller(w, ch)};
  run(w, &commerce_ship_child, &p);
}

static void do_deliver(world *w, const order_view *v) {
  const child_view *ch = any_child(w, v);
  child_step p = {.order_id = v->order,
                  .child_id = ch->child,
                  .buyer = a_buyer(w, v),
                  .ship_first = pick(w, 2) == 0};
  run(w, &commerce_deliver_child, &p);
}

static void do_refund(world *w, const order_view *v) {
  const child_view *ch = any_child(w, v);
  const order_line_view *l = ch->lines.items;
  refund_line part = {.line = l->line, .quantity = pick(w, 3)};
  if (part.quantity == 0) part.amount = 1 + pick(w, 3000);
  order_refund p = {.order_id = v->order, .child_id = ch->child, .seller = a_seller(w, ch)};
  if (pick(w, 3) > 0) p.lines = (field_array){&part, 1};
  run(w, &commerce_refund_child, &p);
}

static void do_return(world *w, const order_view *v) {
  const child_view *ch = any_child(w, v);
  return_line line = {.line = ((const order_line_view *)ch->lines.items)->line,
                      .quantity = 1 + pick(w, 2)};
  return_new ask = {.order_id = v->order,
                    .child_id = ch->child,
                    .buyer = a_buyer(w, v),
                    .lines = {&line, 1},
                    .reason = STR("not as shown")};
  if (!run(w, &commerce_ask_return, &ask)) return;
  return_decision p = {.order_id = v->order,
                       .return_id = ask.return_id,
                       .seller = a_seller(w, ch),
                       .accept = pick(w, 4) > 0,
                       .damaged = pick(w, 4) == 0};
  run(w, &commerce_decide_return, &p);
}

static void do_review(world *w, const order_view *v) {
  review_new p = {.order_id = v->order, .buyer = a_buyer(w, v), .rating = pick(w, 7)};
  run(w, &commerce_review, &p);
}

/* Half an hour passes: unpaid orders are given up, holds end. */
static void do_expire(world *w) {
  test_market_sleep(w->s->m, 1801);
  engine_ctx(w->s->m->e, w->scratch, &w->c);
  str report;
  assert_int_equal(commerce_expire_job.run(&w->c, w->s->m->e, w->c.today, &report), OK);
  test_receive(w->s, 0, 1); /* a group runs: what is due ends now, not in the next command */
}

static void do_to_order(world *w) {
  static void (*const ways[])(world *, const order_view *) = {
      do_pay,     do_cancel, do_ship,   do_ship,   do_deliver, do_deliver,
      do_deliver, do_refund, do_return, do_return, do_review};
  order_view v;
  id order = any_order(w);
  if (look(w, order, &v)) {
    ways[pick(w, COUNT_OF(ways))](w, &v);
  } else {
    order_cancel wrong = {.order_id = order};
    run(w, &commerce_cancel_order, &wrong);
  }
}

static void one_step(world *w) {
  int64_t choice = pick(w, 20);
  arena_reset(w->scratch);
  if (choice == 0) {
    do_expire(w);
  } else if (choice <= 2) {
    do_receive(w);
  } else if (choice <= 8) {
    do_place(w);
  } else {
    do_to_order(w);
  }
}

/* --- what must hold --------------------------------------------------------------------------- */

/* Never more given back than was paid, of the order, of each seller's part, of each line (INV-15).
 */
static void check_order(world *w, id order) {
  arena_reset(w->scratch);
  order_view v;
  assert_true(look(w, order, &v));
  int64_t total = 0, refunded = 0;
  const child_view *children = v.children.items;
  for (size_t i = 0; i < v.children.count; i++) {
    total += children[i].total;
    refunded += children[i].refunded;
    const order_line_view *lines = children[i].lines.items;
    for (size_t k = 0; k < children[i].lines.count; k++)
      assert_true(lines[k].refunded <= lines[k].quantity * lines[k].price + lines[k].freight);
    assert_true(children[i].refunded <= children[i].total);
  }
  assert_int_equal(total, v.total);
  assert_int_equal(refunded, v.refunded);
  if (v.payment == 0) return;
  db *d = engine_reader(w->s->m->e, &w->c);
  payment_story story;
  assert_int_equal(payment_story_get(&w->c, d, v.payment, &story), OK);
  engine_reader_done(w->s->m->e, d);
  assert_int_equal(story.captured, v.total);
  assert_true(story.returned <= story.refunded && story.refunded <= story.captured);
  assert_int_equal(story.refunded, v.refunded);
}

static void check_all(world *w) {
  for (size_t i = 0; i < w->order_count; i++)
    check_order(w, w->orders[i]);
  for (size_t i = 0; i < TEST_SHOPS; i++) /* INV-24 */
    assert_true(test_reserved(w->s, i) >= 0 && test_reserved(w->s, i) <= test_on_hand(w->s, i));
  test_books_hold(w->s);
}

static void make_world(world *w, const char *url, uint64_t cases) {
  test_shops *s = w->s = test_shops_open(url, NULL, 0);
  w->scratch = arena_open((size_t)64 << 20);
  assert_non_null(w->scratch);
  w->c = (ctx){.arena = w->scratch};
  w->r = rng_open(s->m->arena, store_seed());
  w->orders = ARENA_ARRAY(s->m->arena, id, cases + 1);
  for (size_t i = 0; i < BUYERS; i++) {
    w->buyers[i] =
        test_buyer(s, str_format(s->m->arena, "b%zu@example.com", i).at, i == 0 ? 30000 : 5000000);
  }
  campaign_in more = {.existing = s->campaign, .budget = 10000000, .currency = ASSET_CNY};
  test_do(s, &payment_fund_campaign, &more, OK);
  voucher_issue v = {.campaign_id = s->campaign, .amount = VOUCHER_WORTH, .count = VOUCHERS};
  test_do(s, &payment_issue_vouchers, &v, OK);
  w->vouchers = v.codes;
}

static void whatever_people_do_the_books_hold(void **state) {
  uint64_t cases = store_cases(50);
  world w = {0};
  make_world(&w, *state, cases);
  uint64_t batch = cases / BATCHES > 0 ? cases / BATCHES : 1;
  uint64_t often = cases / HASHED > 0 ? cases / HASHED : 1;
  for (uint64_t i = 0; i < cases; i++) {
    w.hash_this = i % often == 0;
    one_step(&w);
    if ((i + 1) % batch == 0) check_all(&w);
  }
  check_all(&w);
  print_message("%llu accepted, %llu refused (%llu of them compared with the state before)\n",
                (unsigned long long)w.accepted, (unsigned long long)w.refused,
                (unsigned long long)w.hashed);
  assert_true(w.accepted > 0);
  arena_close(w.scratch);
  test_shops_close(w.s);
}

int test_random(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_people_do_the_books_hold)};
  return test_market_run("random", tests, COUNT_OF(tests));
}
