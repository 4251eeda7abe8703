/* exchange.c - one request from a parsed message to an answer, in steps that the server runs on its
 * loop, on workers and through the engine, and http_handle runs one after the other. Every step is
 * guarded: an arena that runs out ends in 503, never in a half answer. It knows no socket. */
#include "http/inside.h"
#include <setjmp.h>
#include <string.h>

enum {
  BODY_DEFAULT_MAX = 64 << 10,
  KEY_TEXT_MAX = 255,
  SLOW_BODY = 64 << 10, /* a larger body is parsed away from the loop */
};

/* --- refusing --------------------------------------------------------------------------------- */

static exchange_step refuse(exchange *x, status code) {
  fault *f = &x->c.fault;
  if (f->code == OK) f->code = code;
  if (status_http(f->code) >= 500 && f->code != E_OVERLOADED) { /* that is counted, not told */
    log_line(LOG_WARN, "http.refused", "route=%s code=%s detail=%.*s",
             x->match.route == NULL ? "-" : x->match.route->path, status_slug(f->code),
             STR_ARGS(f->detail));
  }
  problem_answer(x->memory, f, &x->out);
  return STEP_ANSWER;
}

void exchange_refuse(exchange *x, status code, const char *detail) {
  fault_clear(&x->c);
  x->c.fault.code = code;
  x->c.fault.detail = str_from(detail);
  (void)refuse(x, code);
}

void exchange_fail(exchange *x, status code) { (void)refuse(x, code); }

typedef exchange_step (*step_function)(exchange *x, db *reader);

static exchange_step guarded(exchange *x, step_function run, db *reader) {
  jmp_buf exhausted;
  if (setjmp(exhausted) != 0) {
    arena_on_exhaustion(x->memory, NULL);
    problem_answer_static(E_NO_MEMORY, &x->out);
    return STEP_ANSWER;
  }
  arena_on_exhaustion(x->memory, &exhausted);
  exchange_step next = run(x, reader);
  arena_on_exhaustion(x->memory, NULL);
  return next;
}

/* --- the request ------------------------------------------------------------------------------ */

route_match exchange_match(const http *h, const message *m, const char *base) {
  str path, query;
  method wanted = GET;
  bool is_known = message_method(m, &wanted);
  message_target(m, base, &path, &query);
  route_match match = router_find(h->router, wanted, path);
  if (!is_known) match.route = NULL;
  return match;
}

size_t exchange_body_limit(const http *h, const route_match *match) {
  size_t own = match->route == NULL ? 0 : match->route->max_body;
  if (own == 0) own = BODY_DEFAULT_MAX;
  return own < h->limits.max_body_bytes ? own : h->limits.max_body_bytes;
}

bool exchange_is_large(const route_match *match) {
  const route *r = match->route;
  return r != NULL &&
         ((r->flags & ROUTE_LIST) != 0 || r->page != NULL || r->max_body > BODY_DEFAULT_MAX);
}

/* The value of one cookie out of "a=1; b=2". */
static str cookie_value(str header, str wanted) {
  str part, name;
  while (str_split(&header, ';', &part)) {
    str rest = str_trim(part);
    if (str_split(&rest, '=', &name) && rest.at != NULL && str_eq(name, wanted)) return rest;
  }
  return (str){.at = NULL};
}

static bool is_request_id(str text) {
  if (text.len == 0 || text.len > REQUEST_ID_MAX) return false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    bool is_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!is_word && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

/* The caller's own name for the request when it is harmless in a header, else one of ours. */
static str request_id(exchange *x, str given) {
  if (is_request_id(given)) return given;
  uint64_t number = atomic_fetch_add_explicit(&x->h->request_number, 1, memory_order_relaxed);
  char *text = arena_take(x->memory, 17, 1);
  for (int i = 15; i >= 0; i--, number >>= 4)
    text[i] = "0123456789abcdef"[number & 15];
  return (str){text, 16};
}

exchange *exchange_open(http *h, arena *memory, const message *m, const char *base,
                        const route_match *match) {
  exchange *x = arena_try(memory, 1, sizeof(exchange));
  if (x == NULL) return NULL;
  method wanted = GET;
  *x = (exchange){.h = h, .memory = memory, .match = *match};
  /* The route was found when the headers were there; the window may have moved since, and with it
   * the path. */
  if (match->params[0].len > 0) x->match = exchange_match(h, m, base);
  bool is_known = message_method(m, &wanted);
  x->is_get = is_known && wanted == GET;
  x->is_write = is_known && wanted != GET;
  engine_ctx(h->engine, memory, &x->c);
  x->deadline = x->c.real_now + (instant)h->limits.request_deadline_ms * 1000;
  message_target(m, base, &x->path, &x->query_text);
  x->authorization = message_header(m, base, HEADER_authorization);
  x->cookie = cookie_value(message_header(m, base, HEADER_cookie), STR("tael_session"));
  x->csrf = message_header(m, base, HEADER_csrf);
  x->content_type = message_header(m, base, HEADER_content_type);
  x->accept = message_header(m, base, HEADER_accept);
  x->last_event_id = message_header(m, base, HEADER_last_event_id);
  x->accept_encoding = message_header(m, base, HEADER_accept_encoding);
  x->if_none_match = message_header(m, base, HEADER_if_none_match);
  x->r = (request){.route = match->route,
                   .body = message_span(base, m->body),
                   .path = x->path,
                   .query_text = x->query_text,
                   .accept_language = message_header(m, base, HEADER_accept_language),
                   .idempotency_key = message_header(m, base, HEADER_idempotency_key),
                   .engine = h->engine};
  x->out = (answer){.http_status = 200,
                    .content_type = STR("application/json"),
                    .request_id = request_id(x, message_header(m, base, HEADER_request_id)),
                    .close = !message_keeps_alive(m),
                    .no_body = m->parser.method == HTTP_HEAD};
  return x;
}

/* --- who asks --------------------------------------------------------------------------------- */

str bearer_token(str authorization) {
  str prefix = STR("Bearer ");
  if (authorization.len <= prefix.len) return (str){.at = NULL};
  if (!str_eq_nocase((str){authorization.at, prefix.len}, prefix)) return (str){.at = NULL};
  return str_trim((str){authorization.at + prefix.len, authorization.len - prefix.len});
}

/* A session that has ended or lacks its token must not keep anyone from the public pages; a key
 * that was sent on purpose and is wrong is told so everywhere. */
static status authenticate(exchange *x, db *reader) {
  principal *who = &x->r.who;
  status s = x->h->auth.authenticate(&x->c, reader, x->authorization, x->cookie, x->csrf,
                                     x->is_write, who);
  bool is_public = x->match.route->scope == SCOPE_PUBLIC;
  bool is_stale = s == E_UNAUTHENTICATED || s == E_FORBIDDEN;
  if (is_stale && is_public && x->authorization.len == 0) {
    fault_clear(&x->c);
    *who = (principal){.kind = ACTOR_NONE};
    s = OK;
  }
  TRY(s);
  x->r.session_token = x->cookie.len > 0 ? x->cookie : bearer_token(x->authorization);
  if (is_public || (who->scopes & SCOPE_BIT(x->match.route->scope)) != 0) return OK;
  if (who->kind == ACTOR_NONE) {
    return fail(&x->c, E_UNAUTHENTICATED,
                "this route needs the scope \"%s\": send an API key or sign in",
                scope_name(x->match.route->scope));
  }
  return fail(&x->c, E_FORBIDDEN, "the caller lacks the scope \"%s\"",
              scope_name(x->match.route->scope));
}

/* By the key that was proved, else by the peer's address: a header that claims another address is
 * anybody's to write. What runs without a socket is the program's own. */
static status take_turn(exchange *x, status authenticated) {
  if (x->h->rate == NULL || x->conn == NULL || builtin_is(x->match.route)) return authenticated;
  uint64_t who = authenticated == OK ? (uint64_t)x->r.who.key : 0;
  if (who == 0) who = hash64(x->r.remote.at, x->r.remote.len, 1);
  int retry_after_s;
  if (rate_take(x->h->rate, who, x->c.real_now, &retry_after_s)) return authenticated;
  fault_clear(&x->c);
  x->c.fault.retry_after_s = retry_after_s;
  return fail(&x->c, E_RATE, "more than %d requests a second: slow down and repeat this one",
              x->h->limits.requests_per_s);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static status read_params(exchange *x) {
  memcpy(x->r.params, x->match.ids, sizeof x->r.params);
  for (size_t i = 0; i < PATH_PARAMS_MAX; i++) {
    str raw = x->match.params[i];
    if (raw.len == 0) break;
    if (!percent_decode(x->memory, raw, false, &x->r.param_text[i])) {
      return fail_field(&x->c, E_MALFORMED, STR("path"),
                        "must be percent-encoded UTF-8 without control characters");
    }
  }
  return OK;
}

static status read_query(exchange *x) {
  const route *row = x->match.route;
  bool is_list = (row->flags & ROUTE_LIST) != 0;
  const shape *s = row->query == NULL && is_list ? &page_shape : row->query;
  if (s == NULL) {
    if (x->query_text.len == 0) return OK;
    return fail_field(&x->c, E_MALFORMED, STR("query"), "this route takes no query: leave it out");
  }
  void *query = arena_take(x->memory, 1, s->size);
  TRY(shape_parse_query(&x->c, s, x->query_text, query));
  page_query *page = query;
  if (is_list && page->limit == 0) page->limit = PAGE_DEFAULT;
  x->r.query = query;
  return OK;
}

static const char *type_of(const shape *s) {
  return s == NULL || s->media == NULL ? "application/json" : s->media;
}

/* Parameters of the type do not matter. */
static status check_type(exchange *x, const char *wanted) {
  str rest = x->content_type, kind;
  if (str_split(&rest, ';', &kind) && str_eq_nocase(str_trim(kind), str_from(wanted))) return OK;
  return fail_field(&x->c, E_MEDIA_TYPE, STR("header/Content-Type"), "send %s", wanted);
}

static status read_body(exchange *x) {
  const route *row = x->match.route;
  if ((row->flags & ROUTE_NO_BODY) != 0) {
    if (x->r.body.len == 0) return OK;
    return fail_field(&x->c, E_MALFORMED, STR(""), "this route takes no body: leave it out");
  }
  if (row->in == NULL) return OK; /* the raw bytes are the module's */
  TRY(check_type(x, type_of(row->in)));
  if (row->in->media != NULL) return OK;
  void *in = arena_take(x->memory, 1, row->in->size);
  TRY(shape_parse_deep(&x->c, row->in, x->r.body, x->h->limits.json_depth, in));
  x->r.in = in;
  return OK;
}

static bool is_visible_ascii(str s) {
  for (size_t i = 0; i < s.len; i++) {
    if (s.at[i] < 0x21 || s.at[i] > 0x7e) return false;
  }
  return true;
}

/* Who asked what under which name: sha256(actor, tenant, method, path, key), and the body's hash.
 */
static status read_key(exchange *x) {
  str key = x->r.idempotency_key;
  if ((x->match.route->flags & (ROUTE_OWN_KEY | ROUTE_LOOKUP)) != 0) return OK;
  if (key.len == 0 || key.len > KEY_TEXT_MAX || !is_visible_ascii(key)) {
    return fail_field(
        &x->c, E_MALFORMED, STR("header/Idempotency-Key"),
        "send 1 to 255 visible ASCII characters, new for each new request and the same "
        "when a request is repeated");
  }
  id identity[2] = {x->r.who.actor, x->r.who.tenant};
  str verb = str_from(method_name(x->match.route->method));
  buf b = buf_make(x->memory, sizeof identity + verb.len + x->path.len + key.len + 2);
  buf_add(&b, (str){(const char *)identity, sizeof identity});
  buf_add(&b, verb);
  buf_add_char(&b, 0);
  buf_add(&b, x->path);
  buf_add_char(&b, 0);
  buf_add(&b, key);
  assert(!b.overflowed);
  x->cmd.has_key = true;
  x->cmd.key = sha256_of(b.at, b.len);
  x->cmd.body = sha256_of(x->r.body.at, x->r.body.len);
  return OK;
}

/* --- answering -------------------------------------------------------------------------------- */

static str print_list(exchange *x, const list_out *list) {
  const shape *s = x->match.route->out;
  buf b = buf_make(x->memory, ANSWER_MAX);
  buf_add(&b, STR("{\"items\":["));
  for (size_t i = 0; i < list->items.count; i++) {
    if (i > 0) buf_add_char(&b, ',');
    shape_print(&b, s, (const char *)list->items.items + i * s->size);
  }
  buf_add(&b, STR("],\"next\":"));
  if (list->next.len == 0) {
    buf_add(&b, STR("null}"));
  } else {
    buf_add_json(&b, list->next);
    buf_add_char(&b, '}');
  }
  return b.overflowed ? (str){.at = NULL} : buf_str(&b);
}

static str print_one(arena *memory, const shape *s, const void *in, bool hides_secrets) {
  if (s->media != NULL) return *(const str *)in;
  buf b = buf_make(memory, ANSWER_MAX);
  if (hides_secrets) {
    shape_print_without_secrets(&b, s, in);
  } else {
    shape_print(&b, s, in);
  }
  return b.overflowed ? (str){.at = NULL} : buf_str(&b);
}

static exchange_step answer_with(exchange *x, str body) {
  if (body.at == NULL) {
    (void)fail(&x->c, E_NO_MEMORY, "the answer is larger than %d bytes", (int)ANSWER_MAX);
    return refuse(x, E_NO_MEMORY);
  }
  x->out.body = body;
  return STEP_ANSWER;
}

static exchange_step run_page(exchange *x, db *reader) {
  buf html = buf_make(x->memory, ANSWER_MAX);
  const char *content_type = "text/html; charset=utf-8";
  status s = x->match.route->page(&x->c, &x->r, reader, &html, &content_type);
  if (s != OK) return refuse(x, s);
  if (html.overflowed) return answer_with(x, (str){.at = NULL});
  x->out.content_type = str_from(content_type);
  x->out.is_page = str_starts(x->out.content_type, STR("text/html"));
  x->out.body = buf_str(&html);
  return STEP_ANSWER;
}

static exchange_step run_read(exchange *x, db *reader) {
  const route *row = x->match.route;
  if (row->page != NULL) return run_page(x, reader);
  bool is_list = (row->flags & ROUTE_LIST) != 0;
  void *out = arena_take(x->memory, 1, is_list ? sizeof(list_out) : row->out->size);
  status s = (row->flags & ROUTE_LOOKUP) != 0 ? read_body(x) : OK;
  if (s == OK) s = row->read(&x->c, &x->r, reader, out);
  if (s != OK) return refuse(x, s);
  x->out.content_type = str_from(type_of(row->out));
  return answer_with(x, is_list ? print_list(x, out) : print_one(x->memory, row->out, out, false));
}

static exchange_step run_begin_read(exchange *x, db *reader) {
  status s = db_begin(&x->c, reader);
  return s == OK ? run_read(x, reader) : refuse(x, s);
}

/* One snapshot for all a handler reads. */
void exchange_read(exchange *x, db *reader) {
  (void)guarded(x, run_begin_read, reader);
  if (db_in_transaction(reader)) db_rollback(reader);
}

/* Whoever holds a stream open may have lost the session, the key or the role since. */
static status look_again(exchange *x, db *reader) {
  principal who = {.kind = ACTOR_NONE};
  if (x->h->auth.look_again == NULL) return OK;
  TRY(x->h->auth.look_again(&x->c, reader, x->stream_token, x->stream_is_session, &who));
  if ((who.scopes & SCOPE_BIT(x->match.route->scope)) == 0)
    return fail(&x->c, E_FORBIDDEN, "the caller lacks the route's scope now");
  return events_tenant(&x->c, &who, &x->stream_tenant);
}

static exchange_step run_stream(exchange *x, db *reader) {
  events_page page;
  status s = look_again(x, reader);
  if (s == OK) s = db_begin(&x->c, reader);
  if (s == OK)
    s = events_stream(&x->c, reader, x->stream_after, x->stream_tenant, STREAM_PAGE, &page);
  if (s != OK) return refuse(x, s);
  x->stream_after = page.last;
  x->stream_count = page.count;
  x->out = (answer){.http_status = 200, .body = page.text};
  return STEP_ANSWER;
}

void exchange_stream(exchange *x, db *reader) {
  (void)guarded(x, run_stream, reader);
  if (db_in_transaction(reader)) db_rollback(reader);
}

/* --- writes ----------------------------------------------------------------------------------- */

static status render_shape(ctx *c, const command *self, bool hides_secrets, str *out) {
  const exchange *x = self->render_arg;
  const shape *s = x->match.route->out;
  *out = s == NULL ? STR("{}") : print_one(self->arena, s, x->cmd_out, hides_secrets);
  if (out->at != NULL) return OK;
  return fail(c, E_NO_MEMORY, "the answer is larger than %d bytes", (int)ANSWER_MAX);
}

static status render(ctx *c, const command *self, str *out) {
  return render_shape(c, self, false, out);
}

static status render_stored(ctx *c, const command *self, str *out) {
  return render_shape(c, self, true, out);
}

static bool has_secrets(const shape *s) {
  for (size_t i = 0; s != NULL && i < s->count; i++) {
    const field *f = &s->fields[i];
    bool is_kept = (f->flags & (FIELD_SECRET | FIELD_PERSONAL)) == 0;
    if (!is_kept || has_secrets(f->sub)) return true;
  }
  return false;
}

static exchange_step run_prepare(exchange *x, db *reader) {
  UNUSED(reader);
  const route *row = x->match.route;
  status s = read_body(x);
  if (s != OK) return refuse(x, s);
  x->cmd.who = x->r.who;
  x->cmd.arena = x->memory;
  x->cmd.deadline = x->deadline;
  x->cmd.is_critical = (row->flags & ROUTE_CRITICAL) != 0;
  x->cmd.http_status = (row->flags & ROUTE_CREATED) != 0 ? 201 : 200;
  x->cmd.render = render;
  x->cmd.render_stored = has_secrets(row->out) ? render_stored : NULL;
  x->cmd.render_arg = x;
  s = row->prepare(&x->c, &x->r, &x->cmd, &x->cmd_out);
  if (s != OK) return refuse(x, s);
  assert(x->cmd.type != NULL && (row->out == NULL || x->cmd_out != NULL));
  return STEP_SUBMIT;
}

exchange_step exchange_prepare(exchange *x) { return guarded(x, run_prepare, NULL); }

/* A cookie goes out only once, to the one whose command made it, and never when it could break out
 * of its header. */
static void take_cookies(exchange *x) {
  const shape *s = x->match.route->out;
  for (size_t i = 0; s != NULL && i < s->count && x->out.cookie_count < COOKIES_MAX; i++) {
    if ((s->fields[i].flags & FIELD_COOKIE) == 0) continue;
    str cookie = *(const str *)(const void *)((const char *)x->cmd_out + s->fields[i].offset);
    bool is_clean = cookie.len > 0 && cookie.len <= COOKIE_MAX;
    for (size_t k = 0; k < cookie.len && is_clean; k++) {
      is_clean = cookie.at[k] >= 0x20 && cookie.at[k] <= 0x7e;
    }
    if (is_clean) x->out.cookies[x->out.cookie_count++] = cookie;
  }
}

static exchange_step run_finish(exchange *x, db *reader) {
  UNUSED(reader);
  const command *cmd = &x->cmd;
  if (cmd->outcome != OK) {
    x->c.fault = cmd->fault;
    return refuse(x, cmd->outcome);
  }
  x->out.http_status = cmd->http_status;
  x->out.content_type = str_from(type_of(x->match.route->out));
  x->out.body = cmd->response;
  x->out.replayed = cmd->replayed;
  if (!cmd->replayed) take_cookies(x);
  return STEP_ANSWER;
}

void exchange_finish(exchange *x) { (void)guarded(x, run_finish, NULL); }

/* --- the beginning ---------------------------------------------------------------------------- */

static status check_target(exchange *x) {
  if (x->match.route != NULL) return OK;
  if (x->match.allowed == 0) return fail(&x->c, E_NOT_FOUND, "there is nothing at this path");
  x->out.allow = x->match.allowed;
  return fail(&x->c, E_METHOD, "this path does not take this method; see Allow");
}

static status read_request(exchange *x, db *reader) {
  TRY(check_target(x));
  TRY(take_turn(x, authenticate(x, reader)));
  TRY(read_params(x));
  TRY(read_query(x));
  if (x->is_write) return read_key(x);
  if (x->r.body.len == 0) return OK;
  return fail_field(&x->c, E_MALFORMED, STR(""), "a GET takes no body: leave it out");
}

static bool wants_stream(const exchange *x) {
  str wanted = STR("text/event-stream");
  return x->accept.len > 0 && memmem(x->accept.at, x->accept.len, wanted.at, wanted.len) != NULL;
}

static exchange_step run_begin(exchange *x, db *reader) {
  if (x->match.allowed == 0 && site_answer(x)) return STEP_ANSWER;
  status s = read_request(x, reader);
  if (s != OK) return refuse(x, s);
  const route *row = x->match.route;
  if ((row->flags & ROUTE_LOOKUP) != 0) return STEP_READ;
  if (x->is_write) {
    bool is_slow = (row->flags & ROUTE_SLOW) != 0 || x->r.body.len > SLOW_BODY;
    return is_slow ? STEP_SLOW : run_prepare(x, NULL);
  }
  if ((row->flags & ROUTE_STREAM) != 0 && wants_stream(x)) return STEP_STREAM;
  if (builtin_is(row)) return run_page(x, NULL);
  return STEP_READ;
}

exchange_step exchange_begin(exchange *x, db *reader) { return guarded(x, run_begin, reader); }
