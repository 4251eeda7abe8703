/* orders.c - the list of orders, newest first, by state. */
#include "modules/commerce/report.h"
#include "modules/pages/handlers.h"

static const column columns[] = {{"Order", "订单", COLUMN_TEXT},
                                 {"State", "状态", COLUMN_TEXT},
                                 {"Placed", "下单时间", COLUMN_TEXT},
                                 {"Total", "总额", COLUMN_MONEY},
                                 {"Refunded", "已退款", COLUMN_MONEY},
                                 {"Sellers", "商家数", COLUMN_NUMBER},
                                 {"Outside number", "外部单号", COLUMN_TEXT}};

static status read_state(page *p, int *state) {
  *state = -1;
  if (p->q->state.len == 0) return OK;
  for (int i = 0; order_state_names[i] != NULL; i++) {
    if (str_eq(p->q->state, str_from(order_state_names[i]))) *state = i;
  }
  if (*state >= 0) return OK;
  return fail_field(p->c, E_MALFORMED, STR("query/state"),
                    "Send placed, paid, completed or cancelled, or leave it out.");
}

static void one_filter(page *p, str name, bool is_here) {
  str query = name.len == 0 ? (str){0} : str_format(p->c->arena, "state=%.*s", STR_ARGS(name));
  html(p, "<a href=\"");
  text(p, link_to(p, STR("/orders"), query));
  html(p, is_here ? "\" aria-current=\"true\">" : "\">");
  text(p, name.len == 0 ? tr(p, "All", "全部") : word(p, name));
  html(p, "</a>\n");
}

static void filters(page *p, int state) {
  html(p, "<div class=\"filters\" role=\"group\" aria-label=\"");
  text_t(p, "Filter by state", "按状态筛选");
  html(p, "\">\n");
  one_filter(p, (str){0}, state < 0);
  for (int i = 0; order_state_names[i] != NULL; i++)
    one_filter(p, str_from(order_state_names[i]), state == i);
  html(p, "</div>\n");
}

PAGE(page_orders) {
  page p;
  int64_t before;
  int state;
  order_brief *orders;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &before));
  TRY(read_state(&p, &state));
  size_t max = table_rows(&p), count;
  TRY(commerce_report_orders(c, d, state, before, max, &orders, &count));
  page_head(&p, "/orders", tr(&p, "Orders", "订单"), (str){0});
  filters(&p, state);
  table t = TABLE(&p, "orders", NULL, NULL, columns);
  for (size_t i = 0; i < count; i++) {
    const order_brief *o = &orders[i];
    cell_id(&t, ID_ORDER, o->order, "/orders/");
    cell_chip(&t, str_from(order_state_names[o->state]));
    cell_time(&t, o->placed_at);
    cell_money(&t, o->total, o->currency);
    cell_money(&t, o->refunded, o->currency);
    cell_number(&t, o->sellers);
    cell_code(&t, o->external);
  }
  table_close(&t, count == max ? cursor_of(&p, orders[count - 1].order) : (str){0});
  return page_foot(&p);
}
