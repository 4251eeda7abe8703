/* api.c - the routes of the payment module in one table, and the paging they share. What a route reads or writes is in the
 * api_*.c files beside. */
#include "modules/payment/api.h"

static const field page_fields[] = {F_PAGE(page_query)};
SHAPE(payment_page_shape, "Page", page_query, page_fields);

status page_open(ctx *c, const page_query *q, id *after, int64_t *max) {
  int64_t key = 0;
  if (q->after.len > 0 && !cursor_parse(q->after, &key, 1)) {
    return fail_field(c, E_MALFORMED, STR("query/after"), "Use the `next` of the page before, unchanged.");
  }
  *after = key;
  *max = (q->limit > 0 ? q->limit : PAGE_DEFAULT) + 1;
  return OK;
}

void page_close(ctx *c, list_out *out, void *items, size_t count, int64_t max, const id *ids) {
  bool more = (int64_t)count == max;
  if (more) count--;
  out->items = (field_array){items, count};
  if (more) out->next = cursor_print(c->arena, &ids[count - 1], 1);
}

bool sees_all(const principal *who) {
  return who->kind == ACTOR_OPERATOR || who->kind == ACTOR_SUPERVISOR || who->kind == ACTOR_SYSTEM;
}

#define READ(path, scope, flags, summary, query, out, read) {GET, path, scope, flags, summary, query, NULL, out, read, NULL, NULL, 0}
#define WRITE(path, scope, flags, summary, in, out, prepare) {POST, path, scope, flags, summary, NULL, in, out, NULL, prepare, NULL, 0}

const route payment_routes[] = {
    READ("/v1/payments", SCOPE_SELF, ROUTE_LIST, "Payments, newest first: one's own, or all for operators",
         &payment_page_shape, &payment_row_shape, payment_read_list),
    READ("/v1/payments/{pay}", SCOPE_SELF, 0, "One payment with its tenders, attempts and refunds", NULL,
         &payment_view_shape, payment_read_one),
    READ("/v1/payments/{pay}/attempts", SCOPE_SUPERVISE, ROUTE_LIST, "What channels were asked, and what they said",
         &payment_page_shape, &payment_attempt_shape, payment_read_attempts),
    WRITE("/v1/payments/{pay}/capture", SCOPE_OPERATE, ROUTE_NO_BODY, "Capture what was authorised", NULL,
          &payment_capture_shape, payment_prepare_capture),
    WRITE("/v1/payments/{pay}/cancel", SCOPE_BUY, ROUTE_NO_BODY, "Give up a payment that is not paid yet", NULL,
          &payment_cancel_shape, payment_prepare_cancel),
    WRITE("/v1/payments/{pay}/query", SCOPE_OPERATE, ROUTE_NO_BODY, "Ask the channels again for every open attempt", NULL,
          &payment_query_shape, payment_prepare_query),
};
