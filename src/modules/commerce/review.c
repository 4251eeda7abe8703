/* review.c - what a buyer says of what was bought: only who bought it, once a line, 1 to 5 stars.
 */
#include "modules/commerce/model.h"

typedef struct review_work {
  order_full before, f;
  line_row *line;
} review_work;

static line_row *first_without_review(order_full *f) {
  for (size_t i = 0; i < f->line_count; i++) {
    if (f->lines[i].review == 0) return &f->lines[i];
  }
  return &f->lines[0];
}

static status review_load(ctx *c, tx *t, void *state) {
  review_new *n = state;
  review_work *w = n->inner = ARENA_NEW(c->arena, review_work);
  TRY(store_order_load(c, tx_db(t), n->order_id, true, &w->before));
  order_copy(c, &w->before, &w->f);
  TRY(commerce_check_owner(c, n->buyer, w->f.o.buyer, "order"));
  w->line = n->line_id == 0 && w->f.line_count > 0 ? first_without_review(&w->f)
                                                   : order_line(&w->f, n->line_id);
  return w->line != NULL
             ? OK
             : fail_field(c, E_NOT_FOUND, STR("/line"), "There is no such line in this order.");
}

static status review_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  review_new *n = state;
  review_work *w = n->inner;
  if (n->rating < 1 || n->rating > 5)
    return fail_field(c, E_MALFORMED, STR("/rating"), "Send 1 to 5 stars.");
  if (w->f.o.paid_at == 0)
    return fail(c, E_CONFLICT, "Only what was bought can be reviewed; this order was not paid.");
  if (w->line->review != 0) return fail(c, E_CONFLICT, "This line has a review already.");
  n->line_id = w->line->line;
  n->review_id = w->line->review = id_next(c);
  return OK;
}

static status review_write(ctx *c, tx *t, void *state) {
  review_new *n = state;
  review_work *w = n->inner;
  TRY(store_order_diff(c, tx_db(t), &w->before, &w->f));
  TRY(db_run(c, tx_db(t),
             "insert into review (product_id, review_id, order_id, line_id, buyer, rating, title, "
             "body, at)"
             " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
             DB_INT(w->line->product), DB_INT(n->review_id), DB_INT(n->order_id),
             DB_INT(n->line_id), DB_INT(w->f.o.buyer), DB_INT(n->rating), DB_TEXT(n->title),
             DB_TEXT(n->text), DB_INT(c->now)));
  TRY(db_run(c, tx_db(t),
             "insert into product_rating (product_id, reviews, stars) values (?1, 1, ?2)"
             " on conflict (product_id) do update set reviews = product_rating.reviews + 1,"
             " stars = product_rating.stars + excluded.stars",
             DB_INT(w->line->product), DB_INT(n->rating)));
  str body = str_format(c->arena, "{\"rating\":%lld}", (long long)n->rating);
  tx_audit(t, ID_REVIEW, n->review_id, body);
  TRY(commerce_note(c, t, n->order_id, w->line->child, "review.written", body));
  return tx_emit(c, t, "review.written", ID_REVIEW, n->review_id, 0, body);
}

const command_type commerce_review = {
    .name = "review.write", .load = review_load, .decide = review_decide, .write = review_write};
