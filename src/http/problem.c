/* problem.c - what went wrong, as an RFC 9457 problem document. The caller's faults are told with
 * their particulars; the world's and ours only by kind, so that no SQL, path or pointer ever leaves
 * the program (X13); those particulars go to the log of whoever calls. */
#include "http/inside.h"

#include <stdio.h>

enum { PROBLEM_MAX = 64 << 10 };

static fault told_of(const fault *f) {
  fault told = *f;
  if (told.code == OK) told.code = E_INTERNAL;
  bool is_callers = status_http(told.code) < 500;
  if (!is_callers || told.detail.len == 0) told.detail = str_from(status_text(told.code));
  if (!is_callers) told.field_count = 0;
  return told;
}

static void add_member(buf *b, const char *name, str text) {
  buf_format(b, ",\"%s\":", name);
  buf_add_json(b, text);
}

static void add_errors(buf *b, const fault *f) {
  buf_add(b, STR(",\"errors\":["));
  for (size_t i = 0; i < f->field_count; i++) {
    buf_add(b, i == 0 ? STR("{\"pointer\":") : STR(",{\"pointer\":"));
    buf_add_json(b, f->fields[i].pointer);
    add_member(b, "detail", f->fields[i].detail);
    buf_add_char(b, '}');
  }
  buf_add_char(b, ']');
}

static void set_common(status code, answer *a) {
  a->http_status = status_http(code);
  a->content_type = STR("application/problem+json");
  a->is_page = false;
  a->replayed = false;
  a->cookie_count = 0;
  a->asks_credentials = code == E_UNAUTHENTICATED;
  if (a->http_status == 503 || code == E_RATE || code == E_IN_FLIGHT) a->retry_after_s = 1;
}

void problem_answer(arena *memory, const fault *f, answer *a) {
  fault told = told_of(f);
  set_common(told.code, a);
  if (told.retry_after_s > 0) a->retry_after_s = told.retry_after_s;
  buf b = buf_make(memory, PROBLEM_MAX);
  buf_format(&b, "{\"type\":\"/problems/%s\",\"title\":", status_slug(told.code));
  buf_add_json(&b, str_from(status_text(told.code)));
  buf_format(&b, ",\"status\":%d,\"code\":\"%s\"", a->http_status, status_slug(told.code));
  add_member(&b, "detail", told.detail);
  if (told.field_count > 0) add_errors(&b, &told);
  buf_add_char(&b, '}');
  if (b.overflowed) {
    problem_answer_static(told.code, a);
    return;
  }
  a->body = buf_str(&b);
}

void problem_answer_static(status code, answer *a) {
#define BODY(http, slug, text)                                                                    \
  "{\"type\":\"/problems/" slug "\",\"title\":\"" text "\",\"status\":" #http ",\"code\":\"" slug \
  "\",\"detail\":\"" text "\"}"
#define X(symbol, http, slug, text, remedy) \
  {BODY(http, slug, text), sizeof(BODY(http, slug, text)) - 1},
  static const str bodies[] = {STATUS_TABLE(X)};
#undef BODY
#undef X
  set_common(code, a);
  a->body = bodies[code];
}

void problem_answer_short(status code, const char *detail, char out[static PROBLEM_SHORT_MAX],
                          answer *a) {
  set_common(code, a);
  int len =
      snprintf(out, PROBLEM_SHORT_MAX,
               "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\","
               "\"detail\":\"%s\"}",
               status_slug(code), status_text(code), a->http_status, status_slug(code), detail);
  assert(len > 0 && len < PROBLEM_SHORT_MAX);
  a->body = (str){out, (size_t)len};
}
