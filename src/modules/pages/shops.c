/* shops.c - what anyone may see: the open shops and what they offer, with today's price and what is
 * in stock. */
#include "modules/commerce/report.h"
#include "modules/pages/handlers.h"

static const column shop_columns[] = {{"Shop", "店铺", COLUMN_TEXT},
                                      {"Offers", "在售商品", COLUMN_NUMBER},
                                      {"Address", "店铺地址", COLUMN_TEXT}};

PAGE(page_shops) {
  page p;
  int64_t after;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &after));
  size_t max = table_rows(&p), count;
  shop_brief *shops;
  TRY(commerce_report_shops(c, d, after, max, &shops, &count));
  page_head(&p, "/shops", tr(&p, "Shops", "店铺"),
            tr(&p, "Everyone who sells here.", "所有在售商家。"));
  table t = TABLE(&p, "shops", NULL, NULL, shop_columns);
  for (size_t i = 0; i < count; i++) {
    str path = str_format(c->arena, "/shops/%.*s", STR_ARGS(query_value(&p, shops[i].slug)));
    cell_link(&t, link_to(&p, path, (str){0}), shops[i].name);
    cell_number(&t, shops[i].offers);
    cell_code(&t, path);
  }
  table_close(&t, count == max ? cursor_of(&p, shops[count - 1].shop) : (str){0});
  return page_foot(&p);
}

static const column goods_columns[] = {{"Product", "商品", COLUMN_TEXT},
                                       {"SKU", "SKU", COLUMN_TEXT},
                                       {"Price", "价格", COLUMN_MONEY},
                                       {"In stock", "库存", COLUMN_NUMBER}};

PAGE(page_shop) {
  enum { GOODS_SHOWN = 60, GOODS_CSV = 200 };
  page p;
  int64_t after;
  shop_brief shop;
  goods_brief *goods;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &after));
  TRY(commerce_report_shop(c, d, r->param_text[0], &shop));
  size_t max = p.is_csv ? GOODS_CSV : GOODS_SHOWN, count;
  TRY(commerce_report_goods(c, d, shop.shop, after, max, &goods, &count));
  page_head(&p, "/shops", shop.name, (str){0});
  if (p.is_staff) {
    html(&p, "<p><a class=\"button\" href=\"");
    text(&p, link_to(&p,
                     str_format(c->arena, "/sellers/%.*s/statement",
                                STR_ARGS(id_print(c->arena, ID_TENANT, shop.seller))),
                     (str){0}));
    html(&p, "\">");
    text_t(&p, "Seller's statement", "商家对账单");
    html(&p, "</a></p>\n");
  }
  table t = TABLE(&p, "goods", NULL, NULL, goods_columns);
  for (size_t i = 0; i < count; i++) {
    cell(&t, goods[i].title);
    cell_code(&t, goods[i].sku);
    cell_money(&t, goods[i].price, p.facts.currency);
    cell_number(&t, goods[i].available);
  }
  table_close(&t, count == max ? cursor_of(&p, goods[count - 1].offer) : (str){0});
  return page_foot(&p);
}
