/* test_shapes.c - JSON and query text into structs and back: every type, every way to be wrong,
 * each named by its pointer, and a struct that stays as it was whenever anything is. */
#include "base/testing.h"
#include "http/inside.h"
#include "http/test_groups.h"
#include <string.h>

typedef struct part {
  str sku;
  int64_t quantity;
} part;
static const field part_fields[] = {
    F_STR(part, sku, FIELD_REQUIRED, 1, 10, "The article."),
    F_INT(part, quantity, FIELD_REQUIRED, 1, 99, "How many."),
};
static SHAPE(part_shape, "Part", part, part_fields);

static const char *const colours[] = {"red", "green", NULL};
typedef struct thing {
  str name;
  int64_t count, wide;
  bool is_open;
  id order;
  id128 transfer;
  int64_t amount;
  uint32_t currency;
  instant at;
  date day;
  int colour;
  part main;
  field_array parts;
  str extra;
  id made;
  str secret;
} thing;
static const field thing_fields[] = {
    F_STR(thing, name, FIELD_REQUIRED, 2, 5, "What it is called."),
    F_INT(thing, count, 0, -3, 7, "How many."),
    F_INT(thing, wide, 0, 0, 0, "Any whole number."),
    F_BOOL(thing, is_open, 0, "Whether."),
    F_ID(thing, order, 0, ID_ORDER, "Which order."),
    F_ID128(thing, transfer, 0, "Which transfer."),
    F_AMOUNT(thing, amount, 0, 0, 0, "How much."),
    F_CURRENCY(thing, currency, 0, "Of what."),
    F_TIME(thing, at, 0, "When."),
    F_DATE(thing, day, 0, "Which day."),
    F_ENUM(thing, colour, 0, colours, "Which colour."),
    F_OBJECT(thing, main, 0, &part_shape, "The main part."),
    F_ARRAY(thing, parts, 0, 0, 3, &part_shape, "All parts."),
    F_JSON(thing, extra, 0, 20, "Anything."),
    F_ID(thing, made, FIELD_READ_ONLY, ID_ORDER, "Given by us."),
    F_STR(thing, secret, FIELD_SECRET | FIELD_OMIT_ZERO, 0, 50, "Shown once."),
};
static SHAPE(thing_shape, "Thing", thing, thing_fields);

typedef struct wrong_case {
  const char *json, *pointer, *says;
} wrong_case;

/* clang-format off */
static const wrong_case wrong_cases[] = {
    {"", "", "too early"}, {"{\"name\":\"ab\"", "", "too early"}, {"[]", "", "must be a JSON object"},
    {"\"x\"", "", "not a JSON object"}, {"null", "", "not a JSON object"}, {"{}", "/name", "is required"},
    {"{\"name\":null}", "/name", "is required"}, {"{\"name\":\"ab\"} x", "", "not a JSON object"},
    {"{'name':1}", "", "not a JSON object"}, {"{\"name\":\"ab\",}", "", "not a JSON object"}, {"{\"name\":NaN}", "", "not a JSON object"},
    {"{\"name\":\"ab\",\"name\":\"cd\"}", "", "\"name\" is given twice"},
    {"{\"name\":\"ab\",\"main\":{\"sku\":\"a\",\"sku\":\"b\"}}", "", "\"sku\" is given twice"},
    {"{\"name\":1}", "/name", "text in quotes"}, {"{\"name\":\"a\"}", "/name", "at least 2"},
    {"{\"name\":\"abcdef\"}", "/name", "at most 5"}, {"{\"name\":\"ab\\u0001\"}", "/name", "control"},
    {"{\"name\":\"ab\\u007f\"}", "/name", "control"}, {"{\"name\":\"ab\\r\"}", "/name", "control"},
    {"{\"name\":\"ab\\u0000\"}", "", "JSON"}, {"{\"name\":\"\\ud800\"}", "", ""}, {"{\"name\":\"\\udc00x\"}", "", ""},
    {"{\"name\":\"a\xff\"}", "", "UTF-8"}, {"{\"name\":\"a\xc0\xaf\"}", "", "UTF-8"},
    {"{\"name\":\"a\xed\xa0\x80\"}", "", "UTF-8"}, {"{\"name\":\"ab\",\"nope\":1}", "/nope", "not a member of Thing"},
    {"{\"name\":\"ab\",\"a/b~c\":1}", "/a~1b~0c", "not a member"},
    {"{\"name\":\"ab\",\"made\":\"ord_0000000000001\"}", "/made", "read-only"},
    {"{\"name\":\"ab\",\"made\":null}", "/made", "read-only"},
    {"{\"name\":\"ab\",\"count\":8}", "/count", "-3 to 7"}, {"{\"name\":\"ab\",\"count\":-4}", "/count", "-3 to 7"},
    {"{\"name\":\"ab\",\"count\":1.0}", "/count", "whole number"}, {"{\"name\":\"ab\",\"count\":1e2}", "/count", "whole number"},
    {"{\"name\":\"ab\",\"count\":\"1\"}", "/count", "whole number"}, {"{\"name\":\"ab\",\"count\":true}", "/count", "whole number"},
    {"{\"name\":\"ab\",\"wide\":9223372036854775808}", "", "64 bits"}, {"{\"name\":\"ab\",\"wide\":1e400}", "", ""},
    {"{\"name\":\"ab\",\"is_open\":1}", "/is_open", "true or false"},
    {"{\"name\":\"ab\",\"order\":\"cho_0000000000001\"}", "/order", "ord_"}, {"{\"name\":\"ab\",\"order\":7}", "/order", "ord_"},
    {"{\"name\":\"ab\",\"order\":\"ord_000000000000I\"}", "/order", "ord_"},
    {"{\"name\":\"ab\",\"transfer\":\"00\"}", "/transfer", "128-bit"},
    {"{\"name\":\"ab\",\"transfer\":\"00000000000000000000000000000000\"}", "/transfer", "128-bit"},
    {"{\"name\":\"ab\",\"amount\":9007199254740993}", "/amount", "9007199254740992"},
    {"{\"name\":\"ab\",\"amount\":-9007199254740993}", "/amount", "-9007199254740992"},
    {"{\"name\":\"ab\",\"amount\":10.5}", "/amount", "minor units"}, {"{\"name\":\"ab\",\"amount\":\"10\"}", "/amount", "minor units"},
    {"{\"name\":\"ab\",\"currency\":\"cny\"}", "/currency", "ISO 4217"}, {"{\"name\":\"ab\",\"currency\":156}", "/currency", "ISO 4217"},
    {"{\"name\":\"ab\",\"at\":\"2026-02-30T00:00:00Z\"}", "/at", "RFC 3339"}, {"{\"name\":\"ab\",\"at\":\"2026-02-03 00:00:00\"}", "/at", "RFC 3339"},
    {"{\"name\":\"ab\",\"at\":1}", "/at", "RFC 3339"}, {"{\"name\":\"ab\",\"day\":\"2026-13-01\"}", "/day", "date"},
    {"{\"name\":\"ab\",\"day\":\"0001-01-01\"}", "/day", "1900"},
    {"{\"name\":\"ab\",\"at\":\"9999-12-31T23:59:59Z\"}", "/at", "2999"},
    {"{\"name\":\"ab\",\"colour\":\"blue\"}", "/colour", "\"red\", \"green\""}, {"{\"name\":\"ab\",\"colour\":0}", "/colour", "one of"},
    {"{\"name\":\"ab\",\"main\":[]}", "/main", "must be an object"}, {"{\"name\":\"ab\",\"main\":{}}", "/main/sku", "is required"},
    {"{\"name\":\"ab\",\"main\":{\"sku\":\"a\",\"quantity\":0}}", "/main/quantity", "1 to 99"},
    {"{\"name\":\"ab\",\"parts\":{}}", "/parts", "must be an array"}, {"{\"name\":\"ab\",\"parts\":[1]}", "/parts/0", "must be an object"},
    {"{\"name\":\"ab\",\"parts\":[{\"sku\":\"a\",\"quantity\":1},{\"sku\":\"a\",\"quantity\":100}]}", "/parts/1/quantity", "1 to 99"},
    {"{\"name\":\"ab\",\"parts\":[{},{},{},{}]}", "/parts", "0 to 3"},
    {"{\"name\":\"ab\",\"extra\":{\"a\":\"0123456789012345\"}}", "/extra", "at most 20"},
};
/* clang-format on */

static bool contains(str text, const char *piece) {
  size_t len = strlen(piece);
  return len == 0 || memmem(text.at, text.len, piece, len) != NULL;
}

static void check_wrong(const wrong_case *w) {
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  thing out, before;
  memset(&out, 0x5a, sizeof out);
  memcpy(&before, &out, sizeof out);
  status s = shape_parse(c, &thing_shape, str_from(w->json), &out);
  bool is_named = c->fault.field_count >= 1 &&
                  str_eq(c->fault.fields[0].pointer, str_from(w->pointer)) &&
                  contains(c->fault.fields[0].detail, w->says);
  if (s != E_MALFORMED || !is_named || memcmp(&out, &before, sizeof out) != 0) {
    fail_msg("%s: status %d, pointer \"%.*s\", detail \"%.*s\"", w->json, (int)s,
             STR_ARGS(c->fault.fields[0].pointer), STR_ARGS(c->fault.fields[0].detail));
  }
  test_ctx_close(c);
}

static void each_wrong_member_is_named_and_the_struct_is_untouched(void **state) {
  UNUSED(state);
  for (size_t i = 0; i < COUNT_OF(wrong_cases); i++) {
    check_wrong(&wrong_cases[i]);
  }
}

static const char whole[] =
    "{\"name\":\"\xe4\xb8\xad\xe6\x96\x87\",\"count\":-3,\"wide\":9223372036854775807,\"is_open\":"
    "true,"
    "\"order\":\"ord_0000000000001\",\"transfer\":\"0000000000000000000000000000002a\","
    "\"amount\":9007199254740992,\"currency\":\"CNY\",\"at\":\"2026-03-31T08:00:00Z\",\"day\":"
    "\"2026-03-31\","
    "\"colour\":\"green\",\"main\":{\"sku\":\"a\",\"quantity\":1},\"parts\":[{\"sku\":\"b\","
    "\"quantity\":2}],"
    "\"extra\":{\"a\":[1]},\"made\":null,\"secret\":\"s3\"}";

static void what_is_right_is_read_and_printed_back_byte_for_byte(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  str sent = str_from(whole);
  const char *made = strstr(whole, ",\"made\":null");
  str text =
      str_format(c->arena, "%.*s%s", (int)(made - whole), whole, made + strlen(",\"made\":null"));
  thing t;
  assert_int_equal(shape_parse(c, &thing_shape, text, &t), OK);
  assert_int_equal(t.wide, INT64_MAX);
  assert_int_equal(t.currency, ASSET_CNY);
  assert_int_equal(t.colour, 1);
  assert_int_equal(t.parts.count, 1);
  buf b = buf_make(c->arena, 4096);
  shape_print(&b, &thing_shape, &t);
  assert_int_equal(b.len, sent.len);
  assert_memory_equal(b.at, sent.at, sent.len);
  test_ctx_close(c);
}

static void a_secret_is_left_out_of_what_is_stored(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  thing t = {.name = STR("ab"), .secret = STR("hunter2")};
  buf b = buf_make(c->arena, 4096);
  shape_print_without_secrets(&b, &thing_shape, &t);
  assert_false(contains(buf_str(&b), "hunter2"));
  assert_true(contains(buf_str(&b), "\"secret\":null"));
  t.secret = (str){.at = NULL};
  b = buf_make(c->arena, 4096);
  shape_print(&b, &thing_shape, &t);
  assert_false(contains(buf_str(&b), "secret"));
  test_ctx_close(c);
}

static void several_wrong_members_are_reported_together(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  thing t;
  str json = STR("{\"name\":\"a\",\"count\":99,\"nope\":1,\"main\":{\"sku\":\"\"}}");
  assert_int_equal(shape_parse(c, &thing_shape, json, &t), E_MALFORMED);
  assert_int_equal(c->fault.field_count, 5);
  assert_str(c->fault.detail, "5 members are wrong; see errors");
  test_ctx_close(c);
}

static void more_wrong_members_than_are_told_do_no_harm(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  thing t;
  buf b = buf_make(c->arena, 4096);
  buf_add(&b, STR("{\"name\":\"ab\""));
  for (int i = 0; i < 40; i++) {
    buf_format(&b, ",\"x%d\":1", i);
  }
  buf_add_char(&b, '}');
  assert_int_equal(shape_parse(c, &thing_shape, buf_str(&b), &t), E_MALFORMED);
  assert_int_equal(c->fault.field_count, FAULT_FIELDS_MAX);
  test_ctx_close(c);
}

static str nested(ctx *c, size_t depth) {
  buf b = buf_make(c->arena, 4096);
  buf_add(&b, STR("{\"name\":\"a[\",\"extra\":"));
  for (size_t i = 1; i < depth; i++) {
    buf_add_char(&b, '[');
  }
  for (size_t i = 1; i < depth; i++) {
    buf_add_char(&b, ']');
  }
  buf_add_char(&b, '}');
  return buf_str(&b);
}

static void depth_32_is_read_and_depth_33_is_refused(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  thing t;
  field fields[COUNT_OF(thing_fields)];
  memcpy(fields, thing_fields, sizeof fields);
  fields[13].max = 0;
  shape roomy = {
      .name = "Thing", .size = sizeof(thing), .fields = fields, .count = COUNT_OF(fields)};
  assert_int_equal(shape_parse(c, &roomy, nested(c, 32), &t), OK);
  assert_int_equal(shape_parse(c, &roomy, nested(c, 33), &t), E_MALFORMED);
  assert_true(contains(c->fault.detail, "deeper than 32"));
  test_ctx_close(c);
}

typedef struct asked {
  page_query page;
  str words;
  bool is_open;
} asked;
static const field asked_fields[] = {
    {.name = "limit", .type = FIELD_INT, .min = 1, .max = 200, .doc = "How many."},
    {.name = "after",
     .type = FIELD_STR,
     .offset = offsetof(page_query, after),
     .max = 200,
     .doc = "From where."},
    F_STR(asked, words, 0, 0, 20, "Words."),
    F_BOOL(asked, is_open, 0, "Whether."),
};
static SHAPE(asked_shape, "Asked", asked, asked_fields);

static void a_query_is_decoded_and_checked_like_a_body(void **state) {
  UNUSED(state);
  instant clock = 0;
  ctx *c = test_ctx_open(&clock);
  asked q;
  assert_int_equal(
      shape_parse_query(c, &asked_shape, STR("limit=200&words=a+%E4%B8%AD%26&is_open=true"), &q),
      OK);
  assert_int_equal(q.page.limit, 200);
  assert_str(q.words, "a \xe4\xb8\xad&");
  assert_true(q.is_open);
  assert_int_equal(shape_parse_query(c, &asked_shape, STR("words=%41"), &q), OK);
  assert_str(q.words, "A");
  test_ctx_close(c);
}

static void a_wrong_query_is_refused_by_name(void **state) {
  UNUSED(state);
  static const struct {
    const char *text, *pointer;
  } cases[] = {
      {"limit=0", "query/limit"},
      {"limit=201", "query/limit"},
      {"limit=x", "query/limit"},
      {"limit=1.5", "query/limit"},
      {"limit=1&limit=2", "query/limit"},
      {"nope=1", "query/nope"},
      {"words=%", "query/words"},
      {"words=%4", "query/words"},
      {"words=%zz", "query/words"},
      {"words=%ff", "query/words"},
      {"words=%00", "query/words"},
      {"is_open=1", "query/is_open"},
      {"%ff=1", "query"},
      {"words=%0d%0a", "query/words"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    instant clock = 0;
    ctx *c = test_ctx_open(&clock);
    asked q;
    status s = shape_parse_query(c, &asked_shape, str_from(cases[i].text), &q);
    if (s != E_MALFORMED || !str_eq(c->fault.fields[0].pointer, str_from(cases[i].pointer))) {
      fail_msg("%s: %d %.*s", cases[i].text, (int)s, STR_ARGS(c->fault.fields[0].pointer));
    }
    test_ctx_close(c);
  }
}

/* Cuts and flips of a good body: no crash, and either OK or a named fault. */
static void a_body_cut_off_anywhere_is_refused(void **state) {
  UNUSED(state);
  for (size_t len = 0; len < sizeof whole - 1; len++) {
    instant clock = 0;
    ctx *c = test_ctx_open(&clock);
    thing t;
    assert_int_equal(shape_parse(c, &thing_shape, (str){whole, len}, &t), E_MALFORMED);
    assert_true(c->fault.field_count > 0);
    test_ctx_close(c);
  }
}

int test_shapes(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_wrong_member_is_named_and_the_struct_is_untouched),
      cmocka_unit_test(what_is_right_is_read_and_printed_back_byte_for_byte),
      cmocka_unit_test(a_secret_is_left_out_of_what_is_stored),
      cmocka_unit_test(several_wrong_members_are_reported_together),
      cmocka_unit_test(more_wrong_members_than_are_told_do_no_harm),
      cmocka_unit_test(depth_32_is_read_and_depth_33_is_refused),
      cmocka_unit_test(a_query_is_decoded_and_checked_like_a_body),
      cmocka_unit_test(a_wrong_query_is_refused_by_name),
      cmocka_unit_test(a_body_cut_off_anywhere_is_refused),
  };
  return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
