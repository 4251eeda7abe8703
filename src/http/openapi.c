/* openapi.c - the route tables as OpenAPI 3.1.0. Deterministic: the same tables give the same
 * bytes. Input and answer schemas of one shape are the same component; read-only members say so.
 * Hidden routes (pages) are left out. */
#include "http/inside.h"
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_MAX = 16 << 20, SHAPES_MAX = 1024, PARAM_LEN_MAX = 64 };

typedef struct writer {
  buf b;
  const shape *shapes[SHAPES_MAX]; /* met so far, each once */
  size_t shape_count;
} writer;

static void add(writer *w, const char *text) { buf_add(&w->b, str_from(text)); }
static void add_json(writer *w, const char *text) { buf_add_json(&w->b, str_from(text)); }

static void meet(writer *w, const shape *s) {
  if (s == NULL) return;
  for (size_t i = 0; i < w->shape_count; i++) {
    if (strcmp(w->shapes[i]->name, s->name) == 0) return;
  }
  assert(w->shape_count < SHAPES_MAX);
  w->shapes[w->shape_count++] = s;
  for (size_t i = 0; i < s->count; i++) {
    meet(w, s->fields[i].sub);
  }
}

/* --- schemas ---------------------------------------------------------------------------------- */

static void add_ref(writer *w, const char *section, const char *name) {
  buf_format(&w->b, "{\"$ref\":\"#/components/%s/%s\"}", section, name);
}

static void add_range(writer *w, const field *f, const char *low, const char *high) {
  if (f->min != 0) buf_format(&w->b, ",\"%s\":%lld", low, (long long)f->min);
  if (f->max != 0) buf_format(&w->b, ",\"%s\":%lld", high, (long long)f->max);
}

static void add_int_schema(writer *w, const field *f) {
  add(w, "\"type\":\"integer\",\"format\":\"int64\"");
  if (f->type == FIELD_AMOUNT && f->min == 0 && f->max == 0) {
    buf_format(&w->b, ",\"minimum\":%lld,\"maximum\":%lld", (long long)-MONEY_MAX_JSON,
               (long long)MONEY_MAX_JSON);
  } else if (f->min != 0 || f->max != 0) {
    buf_format(&w->b, ",\"minimum\":%lld,\"maximum\":%lld", (long long)f->min, (long long)f->max);
  }
}

/* Members without a value are null in answers, and null counts as left out in requests. */
static const char *text_type(const field *f) {
  return (f->flags & FIELD_REQUIRED) != 0 ? "\"type\":\"string\""
                                          : "\"type\":[\"string\",\"null\"]";
}

static void add_enum_schema(writer *w, const field *f) {
  bool is_required = (f->flags & FIELD_REQUIRED) != 0;
  add(w, text_type(f));
  add(w, ",\"enum\":[");
  for (int i = 0; f->values[i] != NULL; i++) {
    if (i > 0) add(w, ",");
    add_json(w, f->values[i]);
  }
  add(w, is_required ? "]" : ",null]");
}

static void add_type(writer *w, const field *f) {
  switch (f->type) {
  case FIELD_STR:
    add(w,
        (f->flags & FIELD_SECRET) != 0 ? "\"type\":[\"string\",\"null\"]" : "\"type\":\"string\"");
    add_range(w, f, "minLength", "maxLength");
    return;
  case FIELD_INT:
  case FIELD_AMOUNT: add_int_schema(w, f); return;
  case FIELD_BOOL: add(w, "\"type\":\"boolean\""); return;
  case FIELD_ID:
    add(w, text_type(f));
    buf_format(&w->b, ",\"pattern\":\"^%s_[0-7][0-9a-hjkmnp-tv-z]{12}$\"",
               id_prefix((id_kind)f->id_kind));
    return;
  case FIELD_ID128:
    add(w, text_type(f));
    add(w, ",\"minLength\":26,\"maxLength\":32");
    return;
  case FIELD_CURRENCY:
    add(w, text_type(f));
    add(w, ",\"pattern\":\"^([A-Z]{3}|[0-9]+)$\"");
    return;
  case FIELD_TIME:
    add(w, text_type(f));
    add(w, ",\"format\":\"date-time\"");
    return;
  case FIELD_DATE:
    add(w, text_type(f));
    add(w, ",\"format\":\"date\"");
    return;
  case FIELD_ENUM: add_enum_schema(w, f); return;
  case FIELD_OBJECT:
    buf_format(&w->b, "\"$ref\":\"#/components/schemas/%s\"", f->sub->name);
    return;
  case FIELD_ARRAY:
    add(w, "\"type\":\"array\",\"items\":");
    add_ref(w, "schemas", f->sub->name);
    add_range(w, f, "minItems", "maxItems");
    return;
  case FIELD_JSON:
    add(w, "\"type\":[\"object\",\"array\",\"string\",\"number\",\"boolean\",\"null\"]");
    return;
  }
}

/* Amounts name their unit, also where the table's sentence does not. */
static str description_of(const writer *w, const field *f) {
  if (f->type != FIELD_AMOUNT || strstr(f->doc, "inor units") != NULL) return str_from(f->doc);
  return str_format(w->b.arena, "%s In minor units.", f->doc);
}

static void add_field_schema(writer *w, const field *f) {
  add(w, "{");
  add_type(w, f);
  if (f->doc != NULL) {
    add(w, ",\"description\":");
    buf_add_json(&w->b, description_of(w, f));
  }
  if ((f->flags & FIELD_READ_ONLY) != 0) add(w, ",\"readOnly\":true");
  add(w, "}");
}

static void add_required(writer *w, const shape *s) {
  const char *before = ",\"required\":[";
  for (size_t i = 0; i < s->count; i++) {
    unsigned flags = s->fields[i].flags;
    if ((flags & FIELD_REQUIRED) == 0 || (flags & FIELD_READ_ONLY) != 0) continue;
    add(w, before);
    add_json(w, s->fields[i].name);
    before = ",";
  }
  if (before[1] == 0) add(w, "]");
}

static void add_schema(writer *w, const shape *s) {
  add_json(w, s->name);
  if (s->media != NULL) {
    add(w, ":{\"type\":\"string\",\"format\":\"binary\",\"description\":");
    add_json(w, s->doc);
    add(w, "}");
    return;
  }
  add(w, ":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
  const char *before = "";
  for (size_t i = 0; i < s->count; i++) {
    if ((s->fields[i].flags & FIELD_COOKIE) != 0) continue;
    add(w, before);
    before = ",";
    add_json(w, s->fields[i].name);
    add(w, ":");
    add_field_schema(w, &s->fields[i]);
  }
  add(w, "}");
  add_required(w, s);
  add(w, "}");
}

/* --- operations ------------------------------------------------------------------------------- */

/* What the path calls each parameter: its prefix, or "text", numbered when it comes again. */
static void param_name(const char *path, size_t index, char out[static PARAM_LEN_MAX]) {
  str rest = str_from(path), segment, found = {.at = NULL};
  size_t seen = 0, same = 0;
  str names[PATH_PARAMS_MAX];
  while (str_split(&rest, '/', &segment)) {
    if (segment.len < 3 || segment.at[0] != '{') continue;
    names[seen] = (str){segment.at + 1, segment.len - 2};
    if (seen++ == index) found = names[index];
  }
  for (size_t i = 0; i < index; i++) {
    same += str_eq(names[i], found) ? 1 : 0;
  }
  if (same == 0)
    snprintf(out, PARAM_LEN_MAX, "%.*s", STR_ARGS(found));
  else
    snprintf(out, PARAM_LEN_MAX, "%.*s%zu", STR_ARGS(found), same + 1);
}

static void add_path(writer *w, const char *path) {
  str rest = str_from(path + 1), segment;
  size_t params = 0;
  buf b = buf_make(w->b.arena, 1024);
  while (str_split(&rest, '/', &segment)) {
    buf_add_char(&b, '/');
    if (segment.len > 2 && segment.at[0] == '{') {
      char name[PARAM_LEN_MAX];
      param_name(path, params++, name);
      buf_format(&b, "{%s}", name);
    } else {
      buf_add(&b, segment);
    }
  }
  buf_add_json(&w->b, buf_str(&b));
}

static size_t add_path_params(writer *w, const char *path) {
  str rest = str_from(path), segment;
  size_t count = 0;
  while (str_split(&rest, '/', &segment)) {
    if (segment.len < 3 || segment.at[0] != '{') continue;
    char name[PARAM_LEN_MAX];
    param_name(path, count, name);
    buf_format(
        &w->b,
        "%s{\"name\":\"%s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"",
        count > 0 ? "," : "", name);
    int kind = path_param_kind(segment);
    if (kind >= 0) {
      buf_format(&w->b, ",\"pattern\":\"^%s_[0-7][0-9a-hjkmnp-tv-z]{12}$\"",
                 id_prefix((id_kind)kind));
    }
    add(w, "}}");
    count++;
  }
  return count;
}

static void add_query_params(writer *w, const shape *query, size_t before) {
  for (size_t i = 0; query != NULL && i < query->count; i++) {
    const field *f = &query->fields[i];
    bool is_required = (f->flags & FIELD_REQUIRED) != 0;
    buf_format(&w->b, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"schema\":",
               before + i > 0 ? "," : "", f->name, is_required ? "true" : "false");
    add_field_schema(w, f);
    add(w, "}");
  }
}

static const shape *query_of(const route *r) {
  return r->query == NULL && (r->flags & ROUTE_LIST) != 0 ? &page_shape : r->query;
}

static bool needs_key(const route *r) {
  return r->method != GET && (r->flags & (ROUTE_OWN_KEY | ROUTE_LOOKUP)) == 0;
}

static void add_parameters(writer *w, const route *r) {
  const shape *query = query_of(r);
  add(w, ",\"parameters\":[");
  size_t count = add_path_params(w, r->path);
  add_query_params(w, query, count);
  count += query == NULL ? 0 : query->count;
  if (needs_key(r)) {
    if (count > 0) add(w, ",");
    add_ref(w, "parameters", "IdempotencyKey");
  }
  add(w, "]");
}

static const char *type_of(const shape *s) {
  return s == NULL || s->media == NULL ? "application/json" : s->media;
}

static void add_body(writer *w, const route *r) {
  if (r->in == NULL) return;
  buf_format(&w->b, ",\"requestBody\":{\"required\":true,\"content\":{\"%s\":{\"schema\":",
             type_of(r->in));
  add_ref(w, "schemas", r->in->name);
  add(w, "}}}");
}

static void add_answer_schema(writer *w, const route *r) {
  if (r->out == NULL) {
    add(w, "{\"type\":\"object\"}");
  } else if ((r->flags & ROUTE_LIST) != 0 && r->method == GET) {
    add(w, "{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"items\":"
           "{\"type\":\"array\",\"items\":");
    add_ref(w, "schemas", r->out->name);
    add(w, "},\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"Send as `after` for the "
           "next page; "
           "null at the end.\"}}}");
  } else {
    add_ref(w, "schemas", r->out->name);
  }
}

static void add_responses(writer *w, const route *r) {
  bool is_created = (r->flags & ROUTE_CREATED) != 0;
  add(w, is_created ? ",\"responses\":{\"201\":{\"description\":\"Created.\","
                    : ",\"responses\":{\"200\":{\"description\":\"Done.\",");
  buf_format(&w->b, "\"content\":{\"%s\":{\"schema\":", type_of(r->out));
  add_answer_schema(w, r);
  add(w, "}");
  if ((r->flags & ROUTE_STREAM) != 0) {
    add(w, ",\"text/event-stream\":{\"schema\":{\"type\":\"string\"}}");
  }
  add(w, "}},\"default\":");
  add_ref(w, "responses", "Problem");
  add(w, "}");
}

/* "get_v1_orders_ord": the method and the path's words. */
static void add_operation_id(writer *w, const route *r) {
  add(w, ",\"operationId\":\"");
  for (const char *p = method_name(r->method); *p != 0; p++) {
    buf_add_char(&w->b, (char)(*p - 'A' + 'a'));
  }
  for (const char *p = r->path; *p != 0; p++) {
    if (*p == '/' || *p == '-' || *p == '.')
      buf_add_char(&w->b, '_');
    else if (*p != '{' && *p != '}')
      buf_add_char(&w->b, *p);
  }
  add(w, "\"");
}

static void add_operation(writer *w, const module *m, const route *r) {
  static const char *const verbs[] = {"get", "post", "put", "patch", "delete"};
  buf_format(&w->b, "\"%s\":{\"tags\":[\"%s\"],\"summary\":", verbs[r->method], m->name);
  add_json(w, r->summary);
  add_operation_id(w, r);
  add_parameters(w, r);
  add_body(w, r);
  if (r->scope == SCOPE_PUBLIC) {
    add(w, ",\"security\":[]");
  } else {
    buf_format(&w->b, ",\"security\":[{\"key\":[\"%s\"]},{\"session\":[\"%s\"]}]",
               scope_name(r->scope), scope_name(r->scope));
  }
  add_responses(w, r);
  add(w, "}");
}

/* --- the document ----------------------------------------------------------------------------- */

typedef struct listed {
  const module *module;
  const route *route;
} listed;

static size_t list_routes(arena *a, const module *const *modules, size_t count, listed **out) {
  size_t total = 0, at = 0;
  for (size_t i = 0; i < count; i++) {
    total += modules[i]->route_count;
  }
  *out = ARENA_ARRAY(a, listed, total);
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < modules[i]->route_count; k++) {
      const route *r = &modules[i]->routes[k];
      if ((r->flags & ROUTE_HIDDEN) == 0 && r->page == NULL) (*out)[at++] = (listed){modules[i], r};
    }
  }
  return at;
}

static bool was_before(const listed *routes, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (strcmp(routes[i].route->path, routes[index].route->path) == 0) return true;
  }
  return false;
}

static void add_paths(writer *w, const listed *routes, size_t count) {
  const char *before_path = "";
  for (size_t i = 0; i < count; i++) {
    const route *first = routes[i].route;
    meet(w, first->in);
    meet(w, first->out);
    if (was_before(routes, i)) continue;
    add(w, before_path);
    before_path = ",";
    add_path(w, first->path);
    add(w, ":{");
    const char *before = "";
    for (size_t k = i; k < count; k++) {
      if (strcmp(routes[k].route->path, first->path) != 0) continue;
      add(w, before);
      before = ",";
      add_operation(w, routes[k].module, routes[k].route);
    }
    add(w, "}");
  }
}

static const char fixed_components[] =
    "\"parameters\":{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\","
    "\"required\":true,"
    "\"description\":\"New for each new request, the same when a request is repeated: the answer "
    "is then the first "
    "one's, with Idempotent-Replayed: true. Kept for seven days.\","
    "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255,\"pattern\":\"^[!-~]+$\"}}},"
    "\"responses\":{\"Problem\":{\"description\":\"What went wrong (RFC 9457).\",\"content\":"
    "{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}},"
    "\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"An "
    "API key.\"},"
    "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"tael_session\",\"description\":"
    "\"A browser's session; writes also send X-CSRF-Token.\"}},";

static const char problem_members[] =
    "\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"code\","
    "\"detail\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"format\":\"uri-reference\",\"description\":\"/problems/ and "
    "the code; GET it to read what to do.\"},"
    "\"title\":{\"type\":\"string\",\"description\":\"What the code means, for a person.\"},"
    "\"status\":{\"type\":\"integer\",\"minimum\":400,\"maximum\":599,\"description\":\"The HTTP "
    "status again.\"},"
    "\"detail\":{\"type\":\"string\",\"description\":\"What was wrong with this request, for a "
    "person; its words may change.\"},"
    "\"errors\":{\"type\":\"array\",\"description\":\"Each wrong member; left out when none can "
    "be named.\",\"items\":{\"type\":\"object\",\"required\":[\"pointer\",\"detail\"],"
    "\"properties\":{\"pointer\":{\"type\":\"string\",\"description\":\"JSON pointer into the "
    "body, such as /tenders/0/amount; of a query: query/ and the name.\"},\"detail\":{"
    "\"type\":\"string\",\"description\":\"What is wrong with it, and what would be right.\"}}}},"
    "\"code\":{\"type\":\"string\",\"enum\":[";

/* Each code is described by what it means and what to do. */
static void add_problem_schema(writer *w) {
  add(w, problem_members);
  for (status s = OK + 1; s < STATUS_COUNT; s++) {
    if (s > OK + 1) add(w, ",");
    add_json(w, status_slug(s));
  }
  buf text = buf_make(w->b.arena, 16 << 10);
  buf_add(&text, STR("Stable, for programs:\n"));
  for (status s = OK + 1; s < STATUS_COUNT; s++) {
    buf_format(&text, "\n- `%s` (%d): %s %s", status_slug(s), status_http(s), status_text(s),
               status_remedy(s));
  }
  add(w, "],\"description\":");
  buf_add_json(&w->b, buf_str(&text));
  add(w, "}}}");
}

str http_openapi(arena *a, const module *const *modules, size_t count) {
  listed *routes;
  const module **all = modules_with_builtin(a, modules, &count);
  size_t route_count = list_routes(a, all, count, &routes);
  writer *w = ARENA_NEW(a, writer);
  w->b = buf_make(a, DOCUMENT_MAX);
  add(w, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Tael\",\"version\":\"1\",\"description\":"
         "\"Marketplace, payments and "
         "ledger. Amounts are whole numbers of minor units, times RFC 3339, ids opaque "
         "texts.\"},\"paths\":{");
  add_paths(w, routes, route_count);
  add(w, "},\"components\":{");
  add(w, fixed_components);
  add(w, "\"schemas\":{");
  add_problem_schema(w);
  for (size_t i = 0; i < w->shape_count; i++) {
    add(w, ",");
    add_schema(w, w->shapes[i]);
  }
  add(w, "}}}");
  assert(!w->b.overflowed);
  return buf_str(&w->b);
}
