/* fuzz_http.c - requests as bytes: read whole and read in pieces they must come to the same end,
 * with the same target, headers and body; what is whole then goes through the router, the query and
 * a body's fields. */
#include "target.h"
#include "http/inside.h"
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 16 };

typedef struct result {
  message m;
  message_event end;
  char *bytes;
} result;

/* Feeds `data` in pieces of `step` bytes, dropping what the message drops, as the server does. */
static void feed(result *r, const uint8_t *data, size_t size, size_t step) {
  message_open(&r->m, &http_default_limits);
  message_limit_body(&r->m, 4096);
  size_t filled = 0, taken = 0;
  do {
    size_t n = size - taken < step ? size - taken : step;
    memcpy(r->bytes + filled, data + taken, n);
    filled += n;
    taken += n;
    r->end = message_feed(&r->m, r->bytes, filled);
    if (r->end == MESSAGE_HEAD) r->end = message_feed(&r->m, r->bytes, filled);
    if (r->end == MESSAGE_MORE && r->m.head_done) filled = message_compact(&r->m);
  } while (r->end == MESSAGE_MORE && taken < size);
}

static void check_same(const result *a, const result *b) {
  assert((a->end == MESSAGE_DONE) == (b->end == MESSAGE_DONE));
  if (a->end != MESSAGE_DONE) return;
  assert(str_eq(message_span(a->bytes, a->m.target), message_span(b->bytes, b->m.target)));
  assert(str_eq(message_span(a->bytes, a->m.body), message_span(b->bytes, b->m.body)));
  for (int i = 0; i < HEADER_INDEX_COUNT; i++) {
    enum header_index index = (enum header_index)i;
    assert(str_eq(message_header(&a->m, a->bytes, index), message_header(&b->m, b->bytes, index)));
  }
}

typedef struct sample {
  page_query page;
  str words;
  int64_t amount;
  str any;
} sample;
static const field sample_fields[] = {
    {.name = "limit", .type = FIELD_INT, .min = 1, .max = 200, .doc = "How many."},
    F_STR(sample, words, FIELD_REQUIRED, 1, 100, "Words."),
    F_AMOUNT(sample, amount, 0, 0, 0, "How much."),
    F_JSON(sample, any, 0, 0, "Anything."),
};
static SHAPE(sample_shape, "Sample", sample, sample_fields);

/* What was read must print, and read again to the same bytes. */
static void check_body(ctx *c, str body) {
  sample first, second;
  if (shape_parse(c, &sample_shape, body, &first) != OK) return;
  buf once = buf_make(c->arena, 1 << 20), twice = buf_make(c->arena, 1 << 20);
  shape_print(&once, &sample_shape, &first);
  if (first.page.limit == 0) return; /* left out: zero is below the least that may be sent */
  status again = shape_parse(c, &sample_shape, buf_str(&once), &second);
  assert(again == OK);
  shape_print(&twice, &sample_shape, &second);
  assert(str_eq(buf_str(&once), buf_str(&twice)));
}

static void check_request(const result *r) {
  arena *a = fuzz_arena(16 << 20);
  ctx c = {.arena = a};
  const module *modules[] = {&http_builtin};
  router *table;
  status opened = router_open(&c, modules, 1, &table);
  assert(opened == OK);
  str path, query;
  method wanted = GET;
  bool is_known = message_method(&r->m, &wanted);
  message_target(&r->m, r->bytes, &path, &query);
  route_match match = router_find(table, wanted, path);
  assert(match.route == NULL || (is_known && match.allowed != 0) || wanted == GET);
  sample parsed;
  status unused = shape_parse_query(&c, &sample_shape, query, &parsed);
  UNUSED(unused);
  fault_clear(&c);
  check_body(&c, message_span(r->bytes, r->m.body));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > INPUT_MAX) return 0;
  static char whole_bytes[INPUT_MAX + 1], piece_bytes[INPUT_MAX + 1];
  static result whole = {.bytes = whole_bytes}, pieces = {.bytes = piece_bytes};
  size_t step = 1 + data[0] % 61;
  feed(&whole, data + 1, size - 1, size);
  feed(&pieces, data + 1, size - 1, step);
  check_same(&whole, &pieces);
  if (whole.end == MESSAGE_DONE) check_request(&whole);
  return 0;
}
