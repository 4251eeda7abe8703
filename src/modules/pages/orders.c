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

PAGE(page_orders) {
  page p;
  int64_t before;
  int state;
  order_brief *orders;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &before));
  TRY(filter_state(&p, order_state_names, &state));
  size_t max = table_rows(&p), count;
  TRY(commerce_report_orders(c, d, state, before, max, &orders, &count));
  page_head(&p, "/orders", tr(&p, "Orders", "订单"), (str){0});
  filter_links(&p, "/orders", order_state_names, state);
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
