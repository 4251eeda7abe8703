/* fields.c - JSON and query text into structs, by the field tables of route.h. Bodies that direct.c
 * declines are read through the library's tree. Every wrong member is reported with its pointer and
 * the remedy, up to FAULT_FIELDS_MAX; the struct is written only when all of them are right. Texts
 * live as long as the arena. It never looks at anything but the table. */
#include "http/fields.h"
#include <string.h>

static void add_pointer(buf *b, const place *at) {
  if (at == NULL) return;
  add_pointer(b, at->parent);
  buf_add_char(b, '/');
  if (at->name == NULL) {
    buf_add_int(b, (int64_t)at->index);
    return;
  }
  for (const char *p = at->name; *p != 0; p++) {
    if (*p == '~')
      buf_add(b, STR("~0"));
    else if (*p == '/')
      buf_add(b, STR("~1"));
    else
      buf_add_char(b, *p);
  }
}

static str pointer_of(const reader *r, const place *at) {
  if (r->is_query) return str_format(r->c->arena, "query/%s", at->name);
  buf b = buf_make(r->c->arena, 4096);
  add_pointer(&b, at);
  return buf_str(&b);
}

static status wrong(const reader *r, const place *at, const char *format, ...) PRINTF(3, 4);
static status wrong(const reader *r, const place *at, const char *format, ...) {
  va_list args;
  va_start(args, format);
  str detail = str_format_args(r->c->arena, format, args);
  va_end(args);
  return fail_field(r->c, E_MALFORMED, pointer_of(r, at), "%.*s", STR_ARGS(detail));
}

/* --- scalars ---------------------------------------------------------------------------------- */

static bool is_controlled(str s) {
  for (size_t i = 0; i < s.len; i++) {
    unsigned char byte = (unsigned char)s.at[i];
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) return true;
  }
  return false;
}

static bool value_text(value v, str *out) {
  if (v.json == NULL) {
    *out = v.text;
    return true;
  }
  if (!json_is_string(v.json)) return false;
  *out = (str){json_string_value(v.json), json_string_length(v.json)};
  return true;
}

static status read_str(const reader *r, const field *f, const place *at, value v, void *to) {
  str text;
  if (!value_text(v, &text)) return wrong(r, at, "must be a text in quotes");
  if (is_controlled(text)) {
    return wrong(r, at, "must not contain control characters other than line feed and tab");
  }
  int64_t runes = (int64_t)str_runes(text);
  if (runes < f->min) {
    return wrong(r, at, "must have at least %lld characters; it has %lld", (long long)f->min,
                 (long long)runes);
  }
  if (f->max != 0 && runes > f->max) {
    return wrong(r, at, "must have at most %lld characters; it has %lld", (long long)f->max,
                 (long long)runes);
  }
  *(str *)to = text;
  return OK;
}

static bool value_int(value v, int64_t *out) {
  if (v.json == NULL) return str_to_int(v.text, out);
  if (!json_is_integer(v.json)) return false;
  *out = json_integer_value(v.json);
  return true;
}

static void int_range(const field *f, int64_t *min, int64_t *max) {
  bool has_range = f->min != 0 || f->max != 0;
  *min = has_range ? f->min : INT64_MIN;
  *max = has_range ? f->max : INT64_MAX;
  if (f->type != FIELD_AMOUNT) return;
  if (*min < -MONEY_MAX_JSON) *min = -MONEY_MAX_JSON;
  if (*max > MONEY_MAX_JSON) *max = MONEY_MAX_JSON;
}

static status read_int(const reader *r, const field *f, const place *at, value v, void *to) {
  const char *what = f->type == FIELD_AMOUNT ? "a whole number of minor units" : "a whole number";
  int64_t n, min, max;
  if (!value_int(v, &n)) return wrong(r, at, "must be %s, without quotes, point or exponent", what);
  int_range(f, &min, &max);
  if (n < min || n > max) {
    return wrong(r, at, "must be %s from %lld to %lld; it is %lld", what, (long long)min,
                 (long long)max, (long long)n);
  }
  *(int64_t *)to = n;
  return OK;
}

static status read_bool(const reader *r, const place *at, value v, void *to) {
  bool is_true = v.json == NULL ? str_eq(v.text, STR("true")) : json_is_true(v.json);
  bool is_false = v.json == NULL ? str_eq(v.text, STR("false")) : json_is_false(v.json);
  if (!is_true && !is_false) return wrong(r, at, "must be true or false");
  *(bool *)to = is_true;
  return OK;
}

static status read_id(const reader *r, const field *f, const place *at, value v, void *to) {
  str text;
  if (!value_text(v, &text) || !id_parse(text, (id_kind)f->id_kind, (id *)to)) {
    return wrong(r, at, "must be an id as this API gives it, \"%s_\" and 13 characters",
                 id_prefix((id_kind)f->id_kind));
  }
  return OK;
}

static status read_id128(const reader *r, const place *at, value v, void *to) {
  str text;
  if (!value_text(v, &text) || !id128_parse(text, (id128 *)to)) {
    return wrong(r, at, "must be a 128-bit id: 32 hex digits or 26 of Crockford base 32, not zero");
  }
  return OK;
}

static status read_currency(const reader *r, const place *at, value v, void *to) {
  str text;
  int scale;
  if (!value_text(v, &text) || !currency_by_code(text, (uint32_t *)to, &scale)) {
    return wrong(r, at, "must be an ISO 4217 code in capitals, such as \"CNY\"");
  }
  return OK;
}

/* Far enough from both ends of the calendar that rules may add and subtract without a thought. */
enum { FIRST_DATE = -25567 /* 1900-01-01 */, LAST_DATE = 376199 /* 2999-12-31 */ };

static bool is_sane(date d) { return d >= FIRST_DATE && d <= LAST_DATE; }

static status read_time(const reader *r, const place *at, value v, void *to) {
  str text;
  bool has_shape =
      value_text(v, &text) && text.len > 10 && (text.at[10] == 'T' || text.at[10] == 't');
  instant parsed = 0;
  if (!has_shape || !instant_parse(text, &parsed)) {
    return wrong(r, at, "must be a time by RFC 3339, such as \"2026-03-31T08:00:00Z\"");
  }
  if (!is_sane(instant_date(parsed, 0))) return wrong(r, at, "must lie in the years 1900 to 2999");
  *(instant *)to = parsed;
  return OK;
}

static status read_date(const reader *r, const place *at, value v, void *to) {
  str text;
  date parsed = 0;
  if (!value_text(v, &text) || !date_parse(text, &parsed)) {
    return wrong(r, at, "must be a date, such as \"2026-03-31\"");
  }
  if (!is_sane(parsed)) return wrong(r, at, "must lie in the years 1900 to 2999");
  *(date *)to = parsed;
  return OK;
}

static status read_enum(const reader *r, const field *f, const place *at, value v, void *to) {
  str text;
  bool is_text = value_text(v, &text);
  for (int i = 0; is_text && f->values[i] != NULL; i++) {
    if (!str_eq(text, str_from(f->values[i]))) continue;
    *(int *)to = i;
    return OK;
  }
  buf choices = buf_make(r->c->arena, 4096);
  for (int i = 0; f->values[i] != NULL; i++) {
    buf_format(&choices, "%s\"%s\"", i == 0 ? "" : ", ", f->values[i]);
  }
  return wrong(r, at, "must be one of %.*s", (int)choices.len, choices.at);
}

static void free_text(void *text) { free(text); }

/* The value as compact text; what it means is the module's. */
static status read_json(const reader *r, const field *f, const place *at, value v, void *to) {
  if (v.json == NULL) return wrong(r, at, "must be sent in the body");
  char *text = json_dumps(v.json, JSON_COMPACT | JSON_ENCODE_ANY);
  if (text == NULL) return fail(r->c, E_NO_MEMORY, "there is no memory for this value");
  arena_hook(r->c->arena, free_text, text);
  size_t len = strlen(text);
  if (f->max != 0 && len > (size_t)f->max) {
    return wrong(r, at, "must be at most %lld bytes of JSON; it is %zu", (long long)f->max, len);
  }
  *(str *)to = (str){text, len};
  return OK;
}

/* --- objects and arrays ----------------------------------------------------------------------- */

static void read_object(const reader *r, const shape *s, const place *at, json_t *object, char *to);

static void read_array(const reader *r, const field *f, const place *at, value v, field_array *to) {
  if (!json_is_array(v.json)) {
    wrong(r, at, "must be an array");
    return;
  }
  size_t count = json_array_size(v.json);
  size_t max = f->max == 0 ? ARRAY_DEFAULT_MAX : (size_t)f->max;
  if (count < (size_t)f->min || count > max) {
    wrong(r, at, "must have %lld to %zu elements; it has %zu", (long long)f->min, max, count);
    return;
  }
  to->count = count;
  to->items = arena_take(r->c->arena, count, f->sub->size);
  for (size_t i = 0; i < count; i++) {
    place element = {.parent = at, .index = i};
    read_object(r, f->sub, &element, json_array_get(v.json, i),
                (char *)to->items + i * f->sub->size);
  }
}

/* Failures are kept in the fault: the caller goes on to the next member. */
void field_read_scalar(const reader *r, const field *f, const place *at, value v, char *to) {
  switch (f->type) {
  case FIELD_STR: (void)read_str(r, f, at, v, to); return;
  case FIELD_INT:
  case FIELD_AMOUNT: (void)read_int(r, f, at, v, to); return;
  case FIELD_BOOL: (void)read_bool(r, at, v, to); return;
  case FIELD_ID: (void)read_id(r, f, at, v, to); return;
  case FIELD_ID128: (void)read_id128(r, at, v, to); return;
  case FIELD_CURRENCY: (void)read_currency(r, at, v, to); return;
  case FIELD_TIME: (void)read_time(r, at, v, to); return;
  case FIELD_DATE: (void)read_date(r, at, v, to); return;
  case FIELD_ENUM: (void)read_enum(r, f, at, v, to); return;
  case FIELD_JSON: (void)read_json(r, f, at, v, to); return;
  case FIELD_OBJECT:
  case FIELD_ARRAY: return;
  }
}

static void read_value(const reader *r, const field *f, const place *at, value v, char *to) {
  if (f->type == FIELD_OBJECT) {
    read_object(r, f->sub, at, v.json, to);
  } else if (f->type == FIELD_ARRAY) {
    read_array(r, f, at, v, (field_array *)(void *)to);
  } else {
    field_read_scalar(r, f, at, v, to);
  }
}

static const field *find_field(const shape *s, const char *name, size_t *index) {
  for (size_t i = 0; i < s->count; i++) {
    if (strcmp(s->fields[i].name, name) != 0) continue;
    *index = i;
    return &s->fields[i];
  }
  return NULL;
}

/* A member that may be sent; what answers alone carry is refused by name. */
static const field *find_writable(const reader *r, const shape *s, const place *at, size_t *index) {
  const field *f = find_field(s, at->name, index);
  if (f == NULL) {
    wrong(r, at, "is not a member of %s: leave it out", s->name);
    return NULL;
  }
  if ((f->flags & (FIELD_READ_ONLY | FIELD_COOKIE)) != 0) {
    wrong(r, at, "is read-only: leave it out");
    return NULL;
  }
  return f;
}

void fields_check_required(const reader *r, const shape *s, const place *parent, uint64_t given) {
  for (size_t i = 0; i < s->count; i++) {
    const field *f = &s->fields[i];
    if ((f->flags & FIELD_REQUIRED) == 0 || (f->flags & FIELD_READ_ONLY) != 0) continue;
    if ((given >> i & 1) != 0) continue;
    place at = {.parent = parent, .name = f->name};
    wrong(r, &at, "is required: %s", f->doc);
  }
}

static void read_object(const reader *r, const shape *s, const place *at, json_t *object,
                        char *to) {
  assert(s->count <= 64);
  if (!json_is_object(object)) {
    wrong(r, at, "must be an object");
    return;
  }
  uint64_t given = 0;
  for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i)) {
    place member = {.parent = at, .name = json_object_iter_key(i)};
    size_t index;
    const field *f = find_writable(r, s, &member, &index);
    json_t *json = json_object_iter_value(i);
    if (f == NULL || json_is_null(json)) continue;
    given |= UINT64_C(1) << index;
    read_value(r, f, &member, (value){.json = json}, to + f->offset);
  }
  fields_check_required(r, s, at, given);
}

/* --- whole texts ------------------------------------------------------------------------------ */

/* Brackets open at once, outside of texts; good for any bytes, since it only counts. */
static size_t json_depth(str json) {
  size_t depth = 0, deepest = 0;
  bool in_text = false;
  for (size_t i = 0; i < json.len; i++) {
    char byte = json.at[i];
    if (in_text) {
      if (byte == '\\')
        i++;
      else if (byte == '"')
        in_text = false;
    } else if (byte == '"') {
      in_text = true;
    } else if (byte == '{' || byte == '[') {
      if (++depth > deepest) deepest = depth;
    } else if ((byte == '}' || byte == ']') && depth > 0) {
      depth--;
    }
  }
  return deepest;
}

/* The library's words name the token it stumbled over, between quotes; that is all we take of them.
 */
static str name_in_error(ctx *c, const char *text) {
  const char *from = strstr(text, "'\"");
  const char *to = from == NULL ? NULL : strstr(from + 2, "\"'");
  if (to == NULL) return STR("a member");
  return str_format(c->arena, "\"%.*s\"", (int)(to - from - 2), from + 2);
}

static status fail_json(ctx *c, const json_error_t *e) {
  str body = {.at = ""};
  switch (json_error_code(e)) {
  case json_error_duplicate_key: {
    str name = name_in_error(c, e->text);
    return fail_field(c, E_MALFORMED, body,
                      "%.*s is given twice (line %d, column %d): send it once", STR_ARGS(name),
                      e->line, e->column);
  }
  case json_error_premature_end_of_input:
    return fail_field(c, E_MALFORMED, body, "the JSON ends too early: send the whole document");
  case json_error_invalid_utf8:
    return fail_field(c, E_MALFORMED, body, "line %d, column %d: the text must be UTF-8", e->line,
                      e->column);
  case json_error_numeric_overflow:
    return fail_field(c, E_MALFORMED, body, "line %d, column %d: the number is beyond 64 bits",
                      e->line, e->column);
  default:
    return fail_field(c, E_MALFORMED, body, "line %d, column %d: not a JSON object by RFC 8259",
                      e->line, e->column);
  }
}

static void release_json(void *json) { json_decref(json); }

/* Says how many when there are several, so that `detail` alone is not misleading. */
static status conclude(ctx *c) {
  fault *f = &c->fault;
  if (f->code == OK) return OK;
  if (f->field_count > 1) {
    f->detail = str_format(c->arena, "%zu%s members are wrong; see errors", f->field_count,
                           f->field_count == FAULT_FIELDS_MAX ? " or more" : "");
  } else if (f->field_count == 1 && f->fields[0].pointer.len > 0) {
    f->detail = str_format(c->arena, "%.*s %.*s", STR_ARGS(f->fields[0].pointer),
                           STR_ARGS(f->fields[0].detail));
  }
  return f->code;
}

status tree_parse(ctx *c, const shape *s, str json, size_t depth_max, void *made) {
  json_error_t error;
  if (json_depth(json) > depth_max) {
    return fail_field(c, E_MALFORMED, (str){.at = ""}, "the JSON is nested deeper than %zu levels",
                      depth_max);
  }
  json_t *root =
      json_loadb(json.at == NULL ? "" : json.at, json.len, JSON_REJECT_DUPLICATES, &error);
  if (root == NULL) return fail_json(c, &error);
  arena_hook(c->arena, release_json, root);
  reader r = {.c = c};
  if (!json_is_object(root)) {
    return fail_field(c, E_MALFORMED, (str){.at = ""}, "the body must be a JSON object (%s)",
                      s->name);
  }
  read_object(&r, s, NULL, root, made);
  return conclude(c);
}

status shape_parse_deep(ctx *c, const shape *s, str json, size_t depth_max, void *out) {
  bool was_clear = c->fault.code == OK;
  char *made = arena_take(c->arena, 1, s->size);
  if (!direct_parse(c, s, json, depth_max, made)) {
    if (was_clear) fault_clear(c);
    memset(made, 0, s->size);
    TRY(tree_parse(c, s, json, depth_max, made));
  }
  memcpy(out, made, s->size);
  return OK;
}

status shape_parse(ctx *c, const shape *s, str json, void *out) {
  return shape_parse_deep(c, s, json, JSON_DEPTH_MAX, out);
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool percent_decode(arena *a, str text, bool plus_is_blank, str *out) {
  char *to = arena_take(a, text.len + 1, 1);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    char byte = text.at[i];
    if (byte == '%') {
      int high = i + 2 < text.len ? hex_value(text.at[i + 1]) : -1;
      int low = high >= 0 ? hex_value(text.at[i + 2]) : -1;
      if (low < 0) return false;
      byte = (char)(high * 16 + low);
      i += 2;
    } else if (byte == '+' && plus_is_blank) {
      byte = ' ';
    }
    if ((unsigned char)byte < 0x20 || byte == 0x7f) return false;
    to[len++] = byte;
  }
  *out = (str){to, len};
  return str_is_utf8(*out);
}

/* One "name=value"; returns the bit of the field it set. */
static uint64_t read_parameter(const reader *r, const shape *s, str part, uint64_t given,
                               char *to) {
  str name, text, rest = part;
  bool has_name = str_split(&rest, '=', &name);
  text = rest.at == NULL ? STR("") : rest;
  if (!has_name || !percent_decode(r->c->arena, name, true, &name)) {
    fail_field(r->c, E_MALFORMED, STR("query"), "holds a broken parameter name");
    return 0;
  }
  size_t index;
  place at = {.name = str_zero(r->c->arena, name)};
  const field *f = find_writable(r, s, &at, &index);
  if (f == NULL) return 0;
  uint64_t bit = UINT64_C(1) << index;
  if ((given & bit) != 0) {
    wrong(r, &at, "is given twice: send it once");
  } else if (f->type == FIELD_OBJECT || f->type == FIELD_ARRAY) {
    wrong(r, &at, "can't be sent in a query");
  } else if (!percent_decode(r->c->arena, text, true, &text)) {
    wrong(r, &at, "must be percent-encoded UTF-8 without control characters");
  } else {
    read_value(r, f, &at, (value){.text = text}, to + f->offset);
  }
  return bit;
}

status shape_parse_query(ctx *c, const shape *s, str text, void *out) {
  reader r = {.c = c, .is_query = true};
  char *made = arena_take(c->arena, 1, s->size);
  uint64_t given = 0;
  str part;
  while (text.len > 0 && str_split(&text, '&', &part)) {
    if (part.len > 0) given |= read_parameter(&r, s, part, given, made);
  }
  fields_check_required(&r, s, NULL, given);
  TRY(conclude(c));
  memcpy(out, made, s->size);
  return OK;
}
