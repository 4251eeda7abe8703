/* api_search.c - products as a list: by words, category, seller and price, in five orders. It
 * promises that no answer looks at more than a window of rows, however many products there are. */
#include "modules/commerce/product_view.h"

typedef struct product_query {
  int64_t limit;
  str after, q;
  id category, seller;
  int64_t min_price, max_price;
  bool offers;
  int order;
} product_query;
enum { ORDER_OLDEST, ORDER_NEWEST, ORDER_CHEAPEST, ORDER_DEAREST, ORDER_BEST_RATED };
static const char *const product_orders[] = {"oldest",  "newest",     "cheapest",
                                             "dearest", "best_rated", NULL};
static const field product_query_fields[] = {
    F_PAGE(product_query),
    F_STR(product_query, q, 0, 0, 200,
          "Words that must all occur; the last may be the beginning of one."),
    F_ID(product_query, category, 0, ID_CATEGORY, "Of this category."),
    F_ID(product_query, seller, 0, ID_TENANT, "Brought in by this seller."),
    F_AMOUNT(product_query, min_price, 0, 0, MONEY_MAX_JSON,
             "Whose lowest usual price is at least this."),
    F_AMOUNT(product_query, max_price, 0, 0, MONEY_MAX_JSON,
             "Whose lowest usual price is at most this."),
    F_BOOL(product_query, offers, 0, "With who sells it at what price."),
    F_ENUM(product_query, order, 0, product_orders,
           "What comes first; prices by each product's lowest usual one."),
};
SHAPE(commerce_product_query_shape, "ProductQuery", product_query, product_query_fields);

/* A list is walked in the order it is shown in, a window of LIST_LOOK rows at a time. What is for
 * sale among them, by category, seller and price range (each 0 for any), is the page; when it is
 * not full, the next one begins below the window. */
typedef struct product_place {
  int64_t key, product;
} product_place;
typedef struct product_window {
  product_place from, to; /* the row above it, its last row */
  bool is_open;           /* nothing ends it: `to` is beyond all rows */
} product_window;

#define FOR_SALE                                                                              \
  "product.state = 1 and (?7 = 0 or not exists (select 1 from offer f where f.product_id ="   \
  " product.product_id and f.state = 1 and f.price < ?7)) and ((?7 = 0 and ?8 = 0) or exists" \
  " (select 1 from offer f where f.product_id = product.product_id and f.state = 1 and"       \
  " (?8 = 0 or f.price <= ?8))) "
#define OF_ANY "and (?5 = 0 or product.category_id = ?5) and (?6 = 0 or product.seller = ?6) "
#define OF_CATEGORY "and product.category_id = ?5 and (?6 = 0 or product.seller = ?6) "
#define OF_SELLER "and (?5 = 0 or product.category_id = ?5) and product.seller = ?6 "
#define FIND_VALUES                                                                       \
  DB_INT(w->from.key), DB_INT(w->from.product), DB_INT(w->to.key), DB_INT(w->to.product), \
      DB_INT(q->category), DB_INT(q->seller), DB_INT(q->min_price), DB_INT(q->max_price), \
      DB_INT(limit)
#define FIND(from, window, further, order)                                                     \
  db_query(c, d, rows,                                                                         \
           PRODUCT_COLUMNS ", " from "where " FOR_SALE further "and " window "order by " order \
                           " limit ?9",                                                        \
           FIND_VALUES)
#define FIND_WORDS(from, window, further, order)                                                   \
  db_query(c, d, rows,                                                                             \
           PRODUCT_COLUMNS ", " from "where fts(product, ?10) and " FOR_SALE further "and " window \
                           "order by " order " limit ?9",                                          \
           FIND_VALUES, DB_TEXT(words))
/* Where a window ends: the row LIST_LOOK further on. */
#define END(columns, below, order, narrow)                                                         \
  db_query(c, d, &rows, "select " columns " where " below " order by " order " limit 1 offset ?3", \
           DB_INT(w->from.key), DB_INT(w->from.product), DB_INT(LIST_LOOK), narrow)

/* (0, id) for lists by id, so that one form of window serves all. */
#define BY_ID "product.product_id from product" PRODUCT_RATED
#define IDS "0, product_id from product"
#define UP "?1 = 0 and ?3 >= 0 and product.product_id > ?2 and product.product_id <= ?4 "
#define DOWN "?1 = 0 and ?3 >= 0 and product.product_id < ?2 and product.product_id >= ?4 "
/* One row a product: its cheapest offer, found in the order of the index on prices. */
#define BY_PRICE \
  "low.price from offer low join product on product.product_id = low.product_id" PRODUCT_RATED
#define PRICES "price, product_id from offer"
#define IS_LOWEST                                                                               \
  "and low.state = 1 and not exists (select 1 from offer b where b.product_id = low.product_id" \
  " and b.state = 1 and (b.price, b.offer_id) < (low.price, low.offer_id)) "
/* Of one mean at a time, for many products share one. */
#define MEAN "(g.stars * 100 / g.reviews)"
#define BY_RATING MEAN " from product_rating g join product on product.product_id = g.product_id "
#define OF_MEAN \
  "g.reviews > 0 and " MEAN " = ?1 and ?3 >= 0 and g.product_id < ?2 and g.product_id >= ?4 "
#define BETWEEN(columns, beyond, upto) \
  "(" columns ") " beyond " (?1, ?2) and (" columns ") " upto " (?3, ?4) "

static status take_end(ctx *c, db_rows *rows, product_window *w, bool is_rising) {
  w->is_open = !db_next(rows);
  if (w->is_open)
    w->to = is_rising ? (product_place){INT64_MAX, INT64_MAX} : (product_place){0, 0};
  else
    w->to = (product_place){db_get_int(rows, 0), db_get_int(rows, 1)};
  return db_done(c, rows);
}

#define ID_END(beyond, order)                                                                      \
  (q->seller != 0                                                                                  \
       ? END(IDS, "?1 = 0 and product_id " beyond " ?2 and seller = ?4", order, DB_INT(q->seller)) \
   : q->category != 0                                                                              \
       ? END(IDS, "?1 = 0 and product_id " beyond " ?2 and category_id = ?4", order,               \
             DB_INT(q->category))                                                                  \
       : END(IDS, "?1 = 0 and product_id " beyond " ?2 and ?4 = 0", order, DB_INT(0)))

static status find_end(ctx *c, db *d, const product_query *q, product_window *w) {
  db_rows *rows;
  bool is_rising = q->order == ORDER_OLDEST || q->order == ORDER_CHEAPEST;
  switch (q->order) {
  case ORDER_NEWEST: TRY(ID_END("<", "product_id desc")); break;
  case ORDER_CHEAPEST:
    TRY(END(PRICES, "(price, product_id) > (?1, ?2) and ?4 = 0", "price, product_id", DB_INT(0)));
    break;
  case ORDER_DEAREST:
    TRY(END(PRICES, "(price, product_id) < (?1, ?2) and ?4 = 0", "price desc, product_id desc",
            DB_INT(0)));
    break;
  case ORDER_BEST_RATED:
    TRY(END("?1, product_id from product_rating g",
            "g.reviews > 0 and " MEAN " = ?1 and g.product_id < ?2 and ?4 = 0", "product_id desc",
            DB_INT(0)));
    break;
  default: TRY(ID_END(">", "product_id"));
  }
  return take_end(c, rows, w, is_rising);
}

#define ID_FIND(window, order)                                  \
  (q->seller != 0     ? FIND(BY_ID, window, OF_SELLER, order)   \
   : q->category != 0 ? FIND(BY_ID, window, OF_CATEGORY, order) \
                      : FIND(BY_ID, window, OF_ANY, order))

static status find_products(ctx *c, db *d, const product_query *q, const product_window *w,
                            size_t limit, db_rows **rows) {
  switch (q->order) {
  case ORDER_NEWEST: return ID_FIND(DOWN, "product.product_id desc");
  case ORDER_CHEAPEST:
    return FIND(BY_PRICE, BETWEEN("low.price, low.product_id", ">", "<="), IS_LOWEST OF_ANY,
                "low.price, low.product_id");
  case ORDER_DEAREST:
    return FIND(BY_PRICE, BETWEEN("low.price, low.product_id", "<", ">="), IS_LOWEST OF_ANY,
                "low.price desc, low.product_id desc");
  case ORDER_BEST_RATED: return FIND(BY_RATING, OF_MEAN, OF_ANY, "g.product_id desc");
  default: return ID_FIND(UP, "product.product_id");
  }
}

/* By words: in the order of ids a window of matches; in another order the newest LIST_LOOK matches
 * are sorted, and there the list ends. */
static status find_words_end(ctx *c, db *d, const product_query *q, str words, product_window *w) {
  db_rows *rows;
  bool is_rising = q->order == ORDER_OLDEST;
  id above = is_rising ? w->from.product : 0;
  id below = q->order == ORDER_NEWEST ? w->from.product : INT64_MAX;
  if (is_rising) {
    TRY(db_query(c, d, &rows,
                 "select 0, product.product_id from product where fts(product, ?3) and"
                 " product.product_id > ?1 order by product.product_id limit 1 offset ?2",
                 DB_INT(above), DB_INT(LIST_LOOK), DB_TEXT(words)));
  } else {
    TRY(db_query(c, d, &rows,
                 "select 0, product.product_id from product where fts(product, ?3) and"
                 " product.product_id < ?1 order by product.product_id desc limit 1 offset ?2",
                 DB_INT(below), DB_INT(LIST_LOOK), DB_TEXT(words)));
  }
  return take_end(c, rows, w, is_rising);
}

/* `to` is the oldest match that is looked at; the window is of the order shown. */
#define SORTED(columns, beyond) \
  "product.product_id >= ?4 and ?3 >= 0 and (" columns ") " beyond " (?1, ?2) "
#define ANY_MEAN "coalesce(g.stars * 100 / nullif(g.reviews, 0), 0)"

static status find_by_words(ctx *c, db *d, const product_query *q, str words,
                            const product_window *w, size_t limit, db_rows **rows) {
  switch (q->order) {
  case ORDER_NEWEST: return FIND_WORDS(BY_ID, DOWN, OF_ANY, "product.product_id desc");
  case ORDER_CHEAPEST:
    return FIND_WORDS(BY_PRICE, SORTED("low.price, low.product_id", ">"), IS_LOWEST OF_ANY,
                      "low.price, low.product_id");
  case ORDER_DEAREST:
    return FIND_WORDS(BY_PRICE, SORTED("low.price, low.product_id", "<"), IS_LOWEST OF_ANY,
                      "low.price desc, low.product_id desc");
  case ORDER_BEST_RATED:
    return FIND_WORDS(ANY_MEAN " from product" PRODUCT_RATED,
                      SORTED(ANY_MEAN ", product.product_id", "<"), OF_ANY,
                      "11 desc, product.product_id desc");
  default: return FIND_WORDS(BY_ID, UP, OF_ANY, "product.product_id");
  }
}

static bool is_by_id(const product_query *q) {
  return q->order == ORDER_OLDEST || q->order == ORDER_NEWEST;
}

typedef struct product_page {
  product_out *items;
  size_t count, limit;
  product_place last; /* of the last item, or the window's end */
  bool is_more;
} product_page;

static status take_products(ctx *c, db_rows *rows, const product_query *q, product_page *page) {
  enum { COLUMN_KEY = 10 };
  while (page->count < page->limit && db_next(rows)) {
    product_out *p = &page->items[page->count++];
    product_fill(c, rows, p);
    page->last = (product_place){is_by_id(q) ? 0 : db_get_int(rows, COLUMN_KEY), p->product};
  }
  return db_done(c, rows);
}

/* Prices begin and end where the range does: it is the lowest price of a product that counts. */
static void seek_price(const product_query *q, product_window *w) {
  product_place least = {q->min_price, 0}, most = {q->max_price, INT64_MAX};
  if (q->order == ORDER_CHEAPEST && w->from.key < least.key) w->from = least;
  if (q->order == ORDER_DEAREST && q->max_price > 0 && w->from.key > most.key) w->from = most;
}

static void clamp_price(const product_query *q, product_window *w) {
  bool is_beyond = (q->order == ORDER_CHEAPEST && q->max_price > 0 && w->to.key > q->max_price) ||
                   (q->order == ORDER_DEAREST && w->to.key < q->min_price);
  if (!is_beyond) return;
  w->is_open = true;
  w->to = q->order == ORDER_CHEAPEST ? (product_place){q->max_price, INT64_MAX}
                                     : (product_place){q->min_price, 0};
}

static status read_window(ctx *c, db *d, const product_query *q, product_window *w,
                          product_page *page) {
  db_rows *rows;
  size_t left = page->limit - page->count;
  bool is_sorted = q->q.len > 0 && !is_by_id(q);
  if (q->q.len > 0) {
    str words = db_fts_text(c->arena, d, q->q);
    TRY(find_words_end(c, d, q, words, w));
    TRY(find_by_words(c, d, q, words, w, left, &rows));
  } else {
    TRY(find_end(c, d, q, w));
    clamp_price(q, w);
    TRY(find_products(c, d, q, w, left, &rows));
  }
  TRY(take_products(c, rows, q, page));
  bool is_full = page->count == page->limit;
  if (!is_full) page->last = w->to;
  page->is_more = is_full || (!w->is_open && !is_sorted);
  return OK;
}

/* Those without a review come after those with one, the newest first: their key is 0. */
static status read_unrated(ctx *c, db *d, const product_query *q, id below, product_page *page) {
  product_query by_id = *q;
  product_window w = {.from = {0, below}};
  db_rows *rows;
  size_t limit = page->limit - page->count;
  by_id.order = ORDER_NEWEST;
  TRY(find_end(c, d, &by_id, &w));
  TRY(db_query(c, d, &rows,
               PRODUCT_COLUMNS ", 0 from product" PRODUCT_RATED "where " FOR_SALE OF_ANY
                               "and g.product_id is null and " DOWN
                               "order by product.product_id desc limit ?9",
               DB_INT(0), DB_INT(below), DB_INT(0), DB_INT(w.to.product), DB_INT(q->category),
               DB_INT(q->seller), DB_INT(q->min_price), DB_INT(q->max_price), DB_INT(limit)));
  TRY(take_products(c, rows, q, page));
  bool is_full = page->count == page->limit;
  if (!is_full) page->last = (product_place){0, w.to.product};
  page->is_more = is_full || !w.is_open;
  return OK;
}

/* The highest mean below `key`; 0: none. */
static status next_mean(ctx *c, db *d, int64_t key, int64_t *out) {
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select " MEAN " from product_rating g where g.reviews > 0 and " MEAN
               " < ?1 order by " MEAN " desc limit 1",
               DB_INT(key)));
  *out = db_next(rows) ? db_get_int(rows, 0) : 0;
  return db_done(c, rows);
}

/* Mean after mean, each in windows; few windows a page, for a mean may have few products. */
static status read_rated(ctx *c, db *d, const product_query *q, product_window *w,
                         product_page *page) {
  enum { WINDOWS_MAX = 32 };
  for (int i = 0; i < WINDOWS_MAX && w->from.key > 0 && page->count < page->limit; i++) {
    if (w->from.key == INT64_MAX) TRY(next_mean(c, d, INT64_MAX, &w->from.key));
    if (w->from.key == 0) break;
    TRY(read_window(c, d, q, w, page));
    w->from = page->last;
    if (page->is_more) continue;
    w->from.product = INT64_MAX;
    TRY(next_mean(c, d, w->from.key, &w->from.key));
  }
  page->last = w->from;
  page->is_more = true;
  if (w->from.key > 0 || page->count == page->limit) return OK;
  return read_unrated(c, d, q, w->from.product, page);
}

static status read_page(ctx *c, db *d, const product_query *q, product_window *w,
                        product_page *page) {
  if (q->order == ORDER_BEST_RATED && q->q.len == 0) return read_rated(c, d, q, w, page);
  if (q->q.len == 0) seek_price(q, w);
  return read_window(c, d, q, w, page);
}

READ(commerce_list_products) {
  const product_query *q = r->query;
  bool is_rising = q->order == ORDER_OLDEST || q->order == ORDER_CHEAPEST;
  product_window w = {.from = {is_by_id(q) ? 0 : INT64_MAX, INT64_MAX}};
  if (is_rising) w.from = (product_place){0, 0};
  int64_t keys[2];
  if (q->after.len > 0) {
    if (!cursor_parse(q->after, keys, 2)) return commerce_page_refuse(c);
    w.from = (product_place){keys[0], keys[1]};
  }
  product_page page = {.limit = commerce_page_limit(q->limit)};
  page.items = ARENA_ARRAY(c->arena, product_out, page.limit);
  TRY(read_page(c, d, q, &w, &page));
  for (size_t i = 0; q->offers && i < page.count; i++)
    TRY(product_offers(c, d, &page.items[i]));
  list_out *list = out;
  list->items = (field_array){page.items, page.count};
  if (page.is_more)
    list->next = cursor_print(c->arena, (const int64_t[]){page.last.key, page.last.product}, 2);
  return OK;
}
