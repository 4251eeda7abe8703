/* test_both.c - see test_both.h. Two readings are equal when every member is, compared through what
 * they print, which holds every byte of them. */
#include "http/test_both.h"
#include "http/fields.h"

static const char *const colours[] = {"red", "green", NULL};

typedef struct part {
  str sku;
  int64_t quantity;
} part;
static const field part_fields[] = {
    F_STR(part, sku, FIELD_REQUIRED, 1, 10, "The article."),
    F_INT(part, quantity, 0, 1, 99, "How many."),
};
static SHAPE(part_shape, "Part", part, part_fields);

typedef struct box {
  str name;
  int64_t any, few, amount;
  bool open;
  id order;
  id128 transfer;
  uint32_t currency;
  instant at;
  date day;
  int colour;
  part main;
  field_array parts;
  str extra;
  id made;
} box;
static const field box_fields[] = {
    F_STR(box, name, FIELD_REQUIRED, 0, 20, "What it is called."),
    F_INT(box, any, 0, 0, 0, "Any whole number."),
    F_INT(box, few, 0, -3, 7, "A few."),
    F_AMOUNT(box, amount, 0, 0, 0, "How much."),
    F_BOOL(box, open, 0, "Whether."),
    F_ID(box, order, 0, ID_ORDER, "Which order."),
    F_ID128(box, transfer, 0, "Which transfer."),
    F_CURRENCY(box, currency, 0, "Of what."),
    F_TIME(box, at, 0, "When."),
    F_DATE(box, day, 0, "Which day."),
    F_ENUM(box, colour, 0, colours, "Which colour."),
    F_OBJECT(box, main, 0, &part_shape, "The main part."),
    F_ARRAY(box, parts, 0, 1, 12, &part_shape, "All parts."),
    F_JSON(box, extra, 0, 20, "Anything."),
    F_ID(box, made, FIELD_READ_ONLY, ID_ORDER, "Given by us."),
};
static SHAPE(box_shape, "Box", box, box_fields);

static str printed(arena *a, const box *b) {
  buf text = buf_make(a, 1 << 22);
  shape_print(&text, &box_shape, b);
  return buf_str(&text);
}

both_outcome both_read(arena *a, str json) {
  ctx direct = {.arena = a}, tree = {.arena = a};
  box *one = ARENA_NEW(a, box), *two = ARENA_NEW(a, box);
  if (!direct_parse(&direct, &box_shape, json, JSON_DEPTH_MAX, one)) return BOTH_DECLINED;
  if (tree_parse(&tree, &box_shape, json, JSON_DEPTH_MAX, two) != OK) return BOTH_DIFFER;
  return str_eq(printed(a, one), printed(a, two)) ? BOTH_EQUAL : BOTH_DIFFER;
}
