/* fuzz_json.c - JSON bodies, read with the flags and the depth limit of http/: what is accepted is
 * UTF-8, prints, and reads again to an equal value; and every string of it survives buf_add_json.
 */
#include "target.h"
#include <jansson.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32 };

static json_t *load(str text) {
  return json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
}

/* Bounded by the parser's own limit on depth. */
static int depth_of(const json_t *value) {
  int deepest = 0;
  size_t i;
  const char *key;
  json_t *inner;
  if (json_is_array(value)) {
    json_array_foreach(value, i, inner) {
      int depth = depth_of(inner);
      if (depth > deepest) deepest = depth;
    }
    return deepest + 1;
  }
  if (!json_is_object(value)) return 0;
  json_object_foreach((json_t *)(uintptr_t)value, key, inner) {
    int depth = depth_of(inner);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

static void check_round_trip(json_t *value) {
  char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
  assert(text != NULL);
  json_t *again = load(str_from(text));
  assert(again != NULL && json_equal(value, again));
  char *text_again = json_dumps(again, JSON_COMPACT | JSON_SORT_KEYS);
  assert(text_again != NULL && str_eq(str_from(text), str_from(text_again)));
  free(text_again);
  free(text);
  json_decref(again);
}

static void check_strings(arena *a, const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, key, value) {
    if (!json_is_string(value)) continue;
    str text = {json_string_value(value), json_string_length(value)};
    assert(str_is_utf8(text) && str_runes(text) <= text.len);
    buf b = buf_make(a, 1 << 22);
    buf_add(&b, STR("["));
    buf_add_json(&b, text);
    buf_add(&b, STR("]"));
    json_t *again = load(buf_str(&b));
    assert(again != NULL && json_equal(json_array_get(again, 0), value));
    json_decref(again);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  arena *a = fuzz_arena(64u << 20);
  json_t *value = load((str){(const char *)data, size});
  if (value == NULL) return 0;
  assert(str_is_utf8((str){(const char *)data, size}));
  if (depth_of(value) <= DEPTH_MAX) {
    check_round_trip(value);
    check_strings(a, value);
  }
  json_decref(value);
  return 0;
}
