/* reference.c - the route tables as a page to read: every route by module and path, with its scope,
 * members, limits and a command to try it. One document without any script; its style is
 * a file beside it, because nothing inline is allowed anywhere. */
#include "http/inside.h"
#include <string.h>

enum { PAGE_MAX = 16 << 20, EXAMPLE_DEPTH = 3 };

const char reference_style[] =
    "body{font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;margin:0 "
    "auto;max-width:66rem;padding:1.5rem}"
    "h1{font-size:1.9rem;margin:.2rem 0}h2{margin:2.5rem 0 .5rem;border-bottom:1px solid "
    "#d0d7de;padding-bottom:.3rem}"
    "nav ul{columns:2;padding-left:1.2rem}article{margin:1.5rem 0;padding:1rem 1.2rem;border:1px "
    "solid #d0d7de;"
    "border-radius:8px}h3{margin:0 0 .3rem;font:600 1rem "
    "ui-monospace,monospace;overflow-wrap:anywhere}"
    ".verb{display:inline-block;min-width:4.2rem;color:#0550ae}.GET{color:#116329}.DELETE{color:#"
    "a40e26}"
    "p{margin:.3rem 0}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.92rem}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-top:1px solid "
    "#eaeef2}"
    "code,pre{font:0.86rem/1.45 "
    "ui-monospace,monospace}pre{background:#f6f8fa;padding:.7rem;border-radius:6px;"
    "overflow-x:auto}.meta{color:#57606a;font-size:.92rem}"
    "@media(max-width:40rem){nav ul{columns:1}body{padding:.8rem}}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}article,h2{border-"
    "color:#30363d}"
    "pre{background:#161b22}th,td{border-color:#21262d}.verb{color:#79c0ff}.GET{color:#7ee787}."
    "DELETE{color:#ff7b72}"
    ".meta{color:#9198a1}a{color:#79c0ff}}";

static void add(buf *b, const char *text) { buf_add(b, str_from(text)); }
static void add_html(buf *b, const char *text) { buf_add_html(b, str_from(text)); }

static bool is_listed(const route *r) { return (r->flags & ROUTE_HIDDEN) == 0 && r->page == NULL; }

static const char *type_word(field_type type) {
  switch (type) {
  case FIELD_STR: return "text";
  case FIELD_INT: return "whole number";
  case FIELD_BOOL: return "true or false";
  case FIELD_ID: return "id";
  case FIELD_ID128: return "128-bit id";
  case FIELD_AMOUNT: return "minor units";
  case FIELD_CURRENCY: return "currency";
  case FIELD_TIME: return "time";
  case FIELD_DATE: return "date";
  case FIELD_ENUM: return "choice";
  case FIELD_OBJECT: return "object";
  case FIELD_ARRAY: return "list";
  case FIELD_JSON: return "JSON";
  }
  return "";
}

static void add_choices(buf *b, const field *f) {
  for (int i = 0; f->values[i] != NULL; i++) {
    add(b, i == 0 ? ": " : ", ");
    add_html(b, f->values[i]);
  }
}

static void add_limits(buf *b, const field *f) {
  if (f->type == FIELD_ENUM) add_choices(b, f);
  if (f->type == FIELD_ID) buf_format(b, " <code>%s_…</code>", id_prefix((id_kind)f->id_kind));
  if (f->sub != NULL) {
    add(b, " of ");
    add_html(b, f->sub->name);
  }
  if (f->min == 0 && f->max == 0) return;
  const char *unit = f->type == FIELD_STR ? " characters" : f->type == FIELD_JSON ? " bytes" : "";
  buf_format(b, ", %lld to %lld%s", (long long)f->min, (long long)f->max, unit);
}

static void add_rows(buf *b, const shape *s, str prefix, bool is_answer, int depth) {
  for (size_t i = 0; i < s->count; i++) {
    const field *f = &s->fields[i];
    if ((f->flags & FIELD_COOKIE) != 0 || (!is_answer && (f->flags & FIELD_READ_ONLY) != 0))
      continue;
    add(b, "<tr><td><code>");
    buf_add_html(b, prefix);
    add_html(b, f->name);
    add(b, "</code></td><td>");
    add(b, type_word(f->type));
    add_limits(b, f);
    if (!is_answer && (f->flags & FIELD_REQUIRED) != 0) add(b, ", <strong>required</strong>");
    if ((f->flags & FIELD_SECRET) != 0) add(b, ", shown once");
    add(b, "</td><td>");
    if (f->doc != NULL) add_html(b, f->doc);
    add(b, "</td></tr>");
    if (f->sub == NULL || depth == EXAMPLE_DEPTH) continue;
    str deeper = str_format(b->arena, "%.*s%s%s.", STR_ARGS(prefix), f->name,
                            f->type == FIELD_ARRAY ? "[]" : "");
    add_rows(b, f->sub, deeper, is_answer, depth + 1);
  }
}

static void add_records(buf *b, const char *title, const shape *s) {
  buf_format(b, "<p class=\"meta\">%s <strong>%s</strong>, <code>%s</code></p><p>", title, s->name,
             s->media);
  add_html(b, s->doc);
  add(b, "</p>");
}

static void add_table(buf *b, const char *title, const shape *s, bool is_answer) {
  if (s != NULL && s->media != NULL) add_records(b, title, s);
  if (s == NULL || s->count == 0) return;
  add(b, "<p class=\"meta\">");
  add(b, title);
  add(b, " <strong>");
  add_html(b, s->name);
  add(b, "</strong></p><table><thead><tr><th>Member</th><th>Kind</th><th>Meaning</th></tr></"
         "thead><tbody>");
  add_rows(b, s, STR(""), is_answer, 0);
  add(b, "</tbody></table>");
}

/* --- an example ------------------------------------------------------------------------------- */

static void add_example_object(buf *b, const shape *s, int depth);

/* 100 when the range has it, else what is nearest. */
static int64_t example_int(const field *f) {
  if (f->min > 100) return f->min;
  return f->max != 0 && f->max < 100 ? f->max : 100;
}

static void add_example_value(buf *b, const field *f, int depth) {
  switch (f->type) {
  case FIELD_STR: add(b, "\"text\""); return;
  case FIELD_INT:
  case FIELD_AMOUNT: buf_add_int(b, example_int(f)); return;
  case FIELD_BOOL: add(b, "true"); return;
  case FIELD_ID: buf_format(b, "\"%s_01h0000000000\"", id_prefix((id_kind)f->id_kind)); return;
  case FIELD_ID128: add(b, "\"0000000000000000000000000000002a\""); return;
  case FIELD_CURRENCY: add(b, "\"CNY\""); return;
  case FIELD_TIME: add(b, "\"2026-03-31T08:00:00Z\""); return;
  case FIELD_DATE: add(b, "\"2026-03-31\""); return;
  case FIELD_ENUM: buf_format(b, "\"%s\"", f->values[0]); return;
  case FIELD_OBJECT: add_example_object(b, f->sub, depth + 1); return;
  case FIELD_ARRAY:
    add(b, "[");
    add_example_object(b, f->sub, depth + 1);
    add(b, "]");
    return;
  case FIELD_JSON: add(b, "{}"); return;
  }
}

static void add_example_object(buf *b, const shape *s, int depth) {
  const char *before = "{";
  for (size_t i = 0; i < s->count && depth <= EXAMPLE_DEPTH; i++) {
    const field *f = &s->fields[i];
    if ((f->flags & FIELD_REQUIRED) == 0 || (f->flags & FIELD_READ_ONLY) != 0) continue;
    buf_format(b, "%s\"%s\":", before, f->name);
    before = ",";
    add_example_value(b, f, depth);
  }
  if (before[0] == '{') add(b, "{");
  add(b, "}");
}

static bool needs_key(const route *r) {
  return r->method != GET && (r->flags & (ROUTE_OWN_KEY | ROUTE_LOOKUP)) == 0;
}

static void add_example(buf *b, const route *r) {
  buf text = buf_make(b->arena, 64 << 10);
  add(&text, "curl");
  if (r->method != GET) buf_format(&text, " -X %s", method_name(r->method));
  buf_format(&text, " http://127.0.0.1:8080%s", r->path);
  if (r->scope != SCOPE_PUBLIC) add(&text, " \\\n  -H 'Authorization: Bearer KEY'");
  if (needs_key(r)) add(&text, " \\\n  -H 'Idempotency-Key: 7f1d'");
  if (r->in != NULL && r->in->media != NULL) {
    buf_format(&text, " \\\n  -H 'Content-Type: %s' \\\n  --data-binary @records", r->in->media);
  } else if (r->in != NULL) {
    add(&text, " \\\n  -H 'Content-Type: application/json' \\\n  -d '");
    add_example_object(&text, r->in, 0);
    add(&text, "'");
  }
  add(b, "<pre><code>");
  buf_add_html(b, buf_str(&text));
  add(b, "</code></pre>");
}

/* --- the page --------------------------------------------------------------------------------- */

static void add_anchor(buf *b, const route *r) {
  buf_format(b, "%s-", method_name(r->method));
  for (const char *p = r->path; *p != 0; p++) {
    if (*p != '{' && *p != '}') buf_add_char(b, *p == '/' ? '-' : *p);
  }
}

static void add_article(buf *b, const route *r) {
  bool is_list = (r->flags & ROUTE_LIST) != 0;
  const char *verb = method_name(r->method);
  add(b, "<article id=\"");
  add_anchor(b, r);
  buf_format(b, "\"><h3><span class=\"verb %s\">%s</span>", verb, verb);
  add_html(b, r->path);
  add(b, "</h3><p>");
  add_html(b, r->summary);
  buf_format(b, "</p><p class=\"meta\">Scope <code>%s</code>", scope_name(r->scope));
  if (r->max_body != 0) buf_format(b, ", body up to %zu KiB", r->max_body >> 10);
  if ((r->flags & ROUTE_OWN_KEY) != 0)
    add(b, ", may be repeated as it is");
  else if (needs_key(r))
    add(b, ", needs an Idempotency-Key");
  if (is_list) add(b, ", answers <code>{\"items\": […], \"next\": …}</code>");
  add(b, "</p>");
  add_table(b, "Query", r->query == NULL && is_list ? &page_shape : r->query, false);
  add_table(b, "Body", r->in, false);
  add_example(b, r);
  add_table(b, is_list ? "Each item is a" : "Answers with", r->out, true);
  add(b, "</article>");
}

static void add_contents(buf *b, const module *m) {
  for (size_t i = 0; i < m->route_count; i++) {
    const route *r = &m->routes[i];
    if (!is_listed(r)) continue;
    add(b, "<li><a href=\"#");
    add_anchor(b, r);
    add(b, "\"><code>");
    add(b, method_name(r->method));
    add(b, " ");
    add_html(b, r->path);
    add(b, "</code></a></li>");
  }
}

/* A module that only has pages has no heading. */
static void add_module(buf *b, const module *m) {
  bool has_heading = false;
  for (size_t k = 0; k < m->route_count; k++) {
    if (!is_listed(&m->routes[k])) continue;
    if (!has_heading) buf_format(b, "<h2 id=\"%s\">%s</h2>", m->name, m->name);
    has_heading = true;
    add_article(b, &m->routes[k]);
  }
}

static void add_problems(buf *b) {
  add(b, "<h2 id=\"problems\">Problems</h2><p>Errors are RFC 9457 documents: <code>code</code> is "
         "stable, "
         "<code>detail</code> says what to do, <code>errors[]</code> names each wrong member.</p>"
         "<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>What to do</th></tr>"
         "</thead><tbody>");
  for (status s = OK + 1; s < STATUS_COUNT; s++) {
    buf_format(b, "<tr><td><code>%s</code></td><td>%d</td><td>", status_slug(s), status_http(s));
    add_html(b, status_text(s));
    add(b, "</td><td>");
    add_html(b, status_remedy(s));
    add(b, "</td></tr>");
  }
  add(b, "</tbody></table>");
}

str http_reference(arena *a, const module *const *modules, size_t count) {
  const module **all = modules_with_builtin(a, modules, &count);
  buf page = buf_make(a, PAGE_MAX);
  buf *b = &page;
  add(b, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><title>Tael API</title>"
         "<link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body><h1>Tael API</h1><p>JSON "
         "over HTTP. Amounts are whole numbers of "
         "minor units with a "
         "currency, times are RFC 3339, ids are opaque texts. A write carries an "
         "<code>Idempotency-Key</code>: sent "
         "again with the same body it answers the same and does nothing twice. The same as data: "
         "<a href=\"/openapi.json\">OpenAPI 3.1</a>.</p><nav><ul>");
  for (size_t i = 0; i < count; i++) {
    add_contents(b, all[i]);
  }
  add(b, "</ul></nav>");
  for (size_t i = 0; i < count; i++) {
    add_module(b, all[i]);
  }
  add_problems(b);
  add(b, "</body></html>");
  assert(!page.overflowed);
  return buf_str(b);
}
