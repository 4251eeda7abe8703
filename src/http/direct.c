/* direct.c - a body's bytes straight into a struct, by the field tables, without a tree: most
 * bodies are small and right, and building a tree of them costs more than all the rest of reading.
 * It promises to accept nothing that the tree would refuse and to read it as the tree would; at the
 * first doubt it declines, so that every refusal and its words stay in one place (fields.c). */
#include "http/fields.h"
#include <string.h>

enum { INT_DIGITS_MAX = 18, ITEMS_FIRST = 8 };

typedef struct scan {
  reader r;
  const char *at, *end;
  size_t depth_left;
} scan;

static bool read_members(scan *s, const shape *members, char *to);

/* --- tokens ----------------------------------------------------------------------------------- */

static void skip_blanks(scan *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t')) {
    s->at++;
  }
}

/* The next character that is not blank; 0 at the end. */
static char peek(scan *s) {
  skip_blanks(s);
  return s->at < s->end ? *s->at : 0;
}

static bool take(scan *s, char wanted) {
  if (peek(s) != wanted) return false;
  s->at++;
  return true;
}

static bool take_word(scan *s, str word) {
  if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.at, word.len) != 0) return false;
  s->at += word.len;
  return true;
}

/* A text without escapes; the view is into the body. */
static bool take_text(scan *s, str *out) {
  if (!take(s, '"')) return false;
  const char *from = s->at;
  bool is_ascii = true;
  for (; s->at < s->end && *s->at != '"'; s->at++) {
    unsigned char byte = (unsigned char)*s->at;
    if (byte < 0x20 || byte == '\\') return false;
    is_ascii &= byte < 0x80;
  }
  if (s->at == s->end) return false;
  *out = (str){from, (size_t)(s->at - from)};
  s->at++;
  return is_ascii || str_is_utf8(*out);
}

/* "-?(0|[1-9][0-9]*)", short enough to fit; what follows it is the caller's to check, so a point or
 * an exponent ends in a refusal to go on. */
static bool take_int(scan *s, str *out) {
  const char *from = s->at;
  if (s->at < s->end && *s->at == '-') s->at++;
  const char *digits = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
    s->at++;
  }
  size_t count = (size_t)(s->at - digits);
  *out = (str){from, (size_t)(s->at - from)};
  return count > 0 && count <= INT_DIGITS_MAX && (count == 1 || *digits != '0');
}

/* --- values ----------------------------------------------------------------------------------- */

static bool is_written_as_text(field_type type) {
  switch (type) {
  case FIELD_STR:
  case FIELD_ID:
  case FIELD_ID128:
  case FIELD_CURRENCY:
  case FIELD_TIME:
  case FIELD_DATE:
  case FIELD_ENUM: return true;
  case FIELD_INT:
  case FIELD_AMOUNT:
  case FIELD_BOOL:
  case FIELD_OBJECT:
  case FIELD_ARRAY:
  case FIELD_JSON: break;
  }
  return false;
}

static bool read_scalar(scan *s, const field *f, str text, char *to) {
  place at = {.name = f->name};
  if (f->type == FIELD_STR) text = str_copy(s->r.c->arena, text); /* the body's buffer may go */
  field_read_scalar(&s->r, f, &at, (value){.text = text}, to);
  return s->r.c->fault.code == OK;
}

static bool read_text(scan *s, const field *f, char *to) {
  str text;
  return is_written_as_text(f->type) && take_text(s, &text) && read_scalar(s, f, text, to);
}

static bool read_int(scan *s, const field *f, char *to) {
  str digits;
  bool is_int = f->type == FIELD_INT || f->type == FIELD_AMOUNT;
  return is_int && take_int(s, &digits) && read_scalar(s, f, digits, to);
}

static bool read_bool(scan *s, const field *f, char *to) {
  if (f->type != FIELD_BOOL) return false;
  *(bool *)to = *s->at == 't';
  return take_word(s, *(bool *)to ? STR("true") : STR("false"));
}

static bool descend(scan *s) {
  if (s->depth_left == 0) return false;
  s->depth_left--;
  return true;
}

static bool read_items(scan *s, const field *f, field_array *to) {
  size_t max = f->max == 0 ? ARRAY_DEFAULT_MAX : (size_t)f->max, room = 0;
  arena *a = s->r.c->arena;
  if (f->type != FIELD_ARRAY || !take(s, '[') || !descend(s)) return false;
  to->items = arena_take(a, 0, f->sub->size);
  bool goes_on = peek(s) != ']';
  while (goes_on) {
    if (to->count == max) return false;
    if (to->count == room) {
      size_t wider = room == 0 ? ITEMS_FIRST : 2 * room;
      void *items = room == 0 ? NULL : to->items;
      to->items = arena_grow(a, items, room * f->sub->size, wider * f->sub->size);
      room = wider;
    }
    if (!read_members(s, f->sub, (char *)to->items + to->count * f->sub->size)) return false;
    to->count++;
    goes_on = take(s, ',');
  }
  s->depth_left++;
  return to->count >= (size_t)f->min && take(s, ']');
}

/* One member's value; *is_null: it counts as left out. */
static bool read_one(scan *s, const field *f, char *to, bool *is_null) {
  switch (peek(s)) {
  case '"': return read_text(s, f, to);
  case '{': return f->type == FIELD_OBJECT && read_members(s, f->sub, to);
  case '[': return read_items(s, f, (field_array *)(void *)to);
  case 't':
  case 'f': return read_bool(s, f, to);
  case 'n': *is_null = true; return take_word(s, STR("null"));
  default: return read_int(s, f, to);
  }
}

/* --- objects ---------------------------------------------------------------------------------- */

/* Members mostly come in the table's order: the search begins where the last one ended. */
static const field *find(const shape *s, str name, size_t *next, size_t *index) {
  for (size_t i = 0; i < s->count; i++) {
    size_t at = *next + i < s->count ? *next + i : *next + i - s->count;
    const field *f = &s->fields[at];
    if (strncmp(f->name, name.at, name.len) != 0 || f->name[name.len] != 0) continue;
    *index = at;
    *next = at + 1 < s->count ? at + 1 : 0;
    return f;
  }
  return NULL;
}

static bool read_members(scan *s, const shape *members, char *to) {
  assert(members->count <= 64);
  uint64_t seen = 0, given = 0;
  size_t next = 0, index = 0;
  if (!take(s, '{') || !descend(s)) return false;
  bool goes_on = peek(s) != '}';
  while (goes_on) {
    str name;
    if (!take_text(s, &name) || !take(s, ':')) return false;
    const field *f = find(members, name, &next, &index);
    if (f == NULL || (f->flags & (FIELD_READ_ONLY | FIELD_COOKIE)) != 0) return false;
    uint64_t bit = UINT64_C(1) << index;
    bool is_null = false;
    if ((seen & bit) != 0 || !read_one(s, f, to + f->offset, &is_null)) return false;
    seen |= bit;
    if (!is_null) given |= bit;
    goes_on = take(s, ',');
  }
  s->depth_left++;
  if (!take(s, '}')) return false;
  fields_check_required(&s->r, members, NULL, given);
  return s->r.c->fault.code == OK;
}

bool direct_parse(ctx *c, const shape *s, str json, size_t depth_max, void *made) {
  scan at = {.r = {.c = c}, .at = json.at, .end = json.at + json.len, .depth_left = depth_max};
  if (json.len == 0 || c->fault.code != OK) return false;
  return read_members(&at, s, made) && peek(&at) == 0 && at.at == at.end;
}
