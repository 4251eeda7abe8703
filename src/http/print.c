/* print.c - structs out as JSON, by the field tables of route.h: compact, members in the table's
 * order, so that the same struct always gives the same bytes. It never validates: what a module
 * puts into an answer is its own word. */
#include "http/inside.h"
#include <string.h>

static void print_shape(buf *b, const shape *s, const char *in, bool hides_secrets);

static void print_id(buf *b, id_kind kind, id value) {
  if (value == 0) {
    buf_add(b, STR("null"));
    return;
  }
  char text[ID_TEXT_MAX];
  id_write(text, kind, value);
  buf_add_char(b, '"');
  buf_add(b, str_from(text));
  buf_add_char(b, '"');
}

static void print_text(buf *b, str text) {
  if (text.len == 0) {
    buf_add(b, STR("\"\""));
  } else {
    buf_add_json(b, text);
  }
}

/* Text that needs no escaping, in quotes; empty: null. */
static void print_plain(buf *b, str text) {
  if (text.len == 0) {
    buf_add(b, STR("null"));
    return;
  }
  buf_add_char(b, '"');
  buf_add(b, text);
  buf_add_char(b, '"');
}

static void print_currency(buf *b, uint32_t number) {
  char code[4];
  int scale;
  if (number == 0) {
    buf_add(b, STR("null"));
  } else if (currency_by_number(number, code, &scale)) {
    print_plain(b, str_from(code));
  } else { /* the ledger's own assets have numbers only */
    buf_format(b, "\"%u\"", number);
  }
}

static void print_array(buf *b, const field *f, const field_array *array, bool hides_secrets) {
  buf_add_char(b, '[');
  for (size_t i = 0; i < array->count; i++) {
    if (i > 0) buf_add_char(b, ',');
    print_shape(b, f->sub, (const char *)array->items + i * f->sub->size, hides_secrets);
  }
  buf_add_char(b, ']');
}

static str enum_text(const field *f, int value) {
  for (int i = 0; f->values[i] != NULL; i++) {
    if (i == value) return str_from(f->values[i]);
  }
  return (str){.at = NULL};
}

static void print_value(buf *b, const field *f, const void *in, bool hides_secrets) {
  switch (f->type) {
  case FIELD_STR: print_text(b, *(const str *)in); return;
  case FIELD_INT:
  case FIELD_AMOUNT: buf_add_int(b, *(const int64_t *)in); return;
  case FIELD_BOOL: buf_add(b, *(const bool *)in ? STR("true") : STR("false")); return;
  case FIELD_ID: print_id(b, (id_kind)f->id_kind, *(const id *)in); return;
  case FIELD_ID128: {
    id128 value = *(const id128 *)in;
    print_plain(b, id128_is_zero(value) ? (str){.at = NULL} : id128_print(b->arena, value));
    return;
  }
  case FIELD_CURRENCY: print_currency(b, *(const uint32_t *)in); return;
  case FIELD_TIME: {
    instant value = *(const instant *)in;
    print_plain(b, value == 0 ? (str){.at = NULL} : instant_print(b->arena, value));
    return;
  }
  case FIELD_DATE: {
    date value = *(const date *)in;
    print_plain(b, value == 0 ? (str){.at = NULL} : date_print(b->arena, value));
    return;
  }
  case FIELD_ENUM: print_plain(b, enum_text(f, *(const int *)in)); return;
  case FIELD_OBJECT: print_shape(b, f->sub, in, hides_secrets); return;
  case FIELD_ARRAY: print_array(b, f, in, hides_secrets); return;
  case FIELD_JSON: {
    str json = *(const str *)in;
    buf_add(b, json.len == 0 ? STR("null") : json);
    return;
  }
  }
}

static size_t value_size(const field *f) {
  switch (f->type) {
  case FIELD_STR:
  case FIELD_JSON: return sizeof(str);
  case FIELD_INT:
  case FIELD_AMOUNT: return sizeof(int64_t);
  case FIELD_BOOL: return sizeof(bool);
  case FIELD_ID: return sizeof(id);
  case FIELD_ID128: return sizeof(id128);
  case FIELD_CURRENCY: return sizeof(uint32_t);
  case FIELD_TIME: return sizeof(instant);
  case FIELD_DATE: return sizeof(date);
  case FIELD_ENUM: return sizeof(int);
  case FIELD_OBJECT: return f->sub->size;
  case FIELD_ARRAY: return sizeof(field_array);
  }
  return 0;
}

static bool is_nothing(const field *f, const char *in) {
  if (f->type == FIELD_STR || f->type == FIELD_JSON)
    return ((const str *)(const void *)in)->len == 0;
  if (f->type == FIELD_ARRAY) return ((const field_array *)(const void *)in)->count == 0;
  size_t size = value_size(f);
  for (size_t i = 0; i < size; i++) {
    if (in[i] != 0) return false;
  }
  return true;
}

static void print_shape(buf *b, const shape *s, const char *in, bool hides_secrets) {
  char before = '{';
  for (size_t i = 0; i < s->count; i++) {
    const field *f = &s->fields[i];
    const char *at = in + f->offset;
    if ((f->flags & FIELD_COOKIE) != 0) continue;
    if ((f->flags & FIELD_OMIT_ZERO) != 0 && is_nothing(f, at)) continue;
    buf_add_char(b, before);
    before = ',';
    buf_add_char(b, '"');
    buf_add(b, str_from(f->name));
    buf_add(b, STR("\":"));
    if (hides_secrets && (f->flags & FIELD_SECRET) != 0) {
      buf_add(b, STR("null"));
    } else if (hides_secrets && (f->flags & FIELD_PERSONAL) != 0) {
      buf_add(b, STR("\"\""));
    } else {
      print_value(b, f, at, hides_secrets);
    }
  }
  if (before == '{') buf_add_char(b, '{');
  buf_add_char(b, '}');
}

void shape_print(buf *b, const shape *s, const void *in) { print_shape(b, s, in, false); }

void shape_print_without_secrets(buf *b, const shape *s, const void *in) {
  print_shape(b, s, in, true);
}
