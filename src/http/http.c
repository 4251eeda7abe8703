/* http.c - opening and closing, and the router without a socket: the same steps the server takes,
 * one after the other on the caller's thread. */
#include "http/inside.h"
#include "http/server.h"
#include <jansson.h>
#include <string.h>

enum { SERVER_MEMORY_MAX = 64 << 20 };

const http_limits http_default_limits = {
    .max_connections = 16384,
    .max_header_bytes = 16 << 10,
    .max_uri_bytes = 4 << 10,
    .max_body_bytes = 1 << 20,
    .json_depth = JSON_DEPTH_MAX,
    .max_in_flight_per_key = 20,
    .header_timeout_ms = 10000,
    .body_timeout_ms = 10000,
    .idle_timeout_ms = 60000,
    .request_deadline_ms = 10000,
    .drain_ms = 10000,
    .read_wait_ms = 5000,
};

const char *scope_name(scope s) {
  static const char *const names[] = {
#define X(symbol, name, who) name,
      SCOPE_TABLE(X)
#undef X
  };
  assert(s >= 0 && s < SCOPE_COUNT);
  return names[s];
}

bool principal_sees_all(const principal *who) {
  bool is_staff = who->kind == ACTOR_OPERATOR || who->kind == ACTOR_SUPERVISOR;
  return who->kind == ACTOR_SYSTEM || (is_staff && (who->scopes & SCOPE_BIT(SCOPE_SUPERVISE)) != 0);
}

static status check_limits(ctx *c, const http_limits *l) {
  bool is_sane = l->max_connections > 0 && l->max_header_bytes >= 256 && l->max_uri_bytes > 0 &&
                 l->max_body_bytes < (1u << 30) && l->json_depth > 0 && l->header_timeout_ms > 0 &&
                 l->body_timeout_ms > 0 && l->idle_timeout_ms > 0 && l->request_deadline_ms > 0 &&
                 l->drain_ms >= 0 && l->requests_per_s >= 0;
  return is_sane ? OK : fail(c, E_MALFORMED, "every limit of the server must be a positive number");
}

static status open_parts(ctx *c, http *h, const http_options *o) {
  arena *callers = c->arena;
  h->module_count = o->module_count;
  h->modules = modules_with_builtin(h->memory, o->modules, &h->module_count);
  c->arena = h->memory;
  status s = router_open(c, h->modules, h->module_count, &h->router);
  c->arena = callers;
  if (s != OK) { /* the words must outlive the server that was not opened */
    c->fault.detail = str_copy(callers, c->fault.detail);
    return s;
  }
  if (o->limits.requests_per_s > 0) h->rate = rate_open(h->memory, o->limits.requests_per_s);
  h->openapi = http_openapi(h->memory, o->modules, o->module_count);
  h->reference = http_reference(h->memory, o->modules, o->module_count);
  atomic_init(&h->request_number, (uint64_t)c->real_now << 8);
  return o->listen.len == 0 ? OK : server_open(c, h, o->listen, &h->server);
}

status http_open(ctx *c, const http_options *o, http **out) {
  TRY(check_limits(c, &o->limits));
  arena *memory = arena_open(SERVER_MEMORY_MAX);
  if (memory == NULL) return fail(c, E_NO_MEMORY, "there is no memory for the server");
  json_object_seed(0);
  http *h = ARENA_NEW(memory, http);
  *h = (http){.memory = memory,
              .engine = o->engine,
              .auth = o->auth,
              .limits = o->limits,
              .workers = o->workers < 1 ? 1 : o->workers,
              .site = o->site,
              .behind_tls = o->behind_tls};
  status s = open_parts(c, h, o);
  if (s != OK) {
    http_close(h);
    return s;
  }
  *out = h;
  return OK;
}

void http_close(http *h) {
  if (h == NULL) return;
  server_close(h->server);
  arena_close(h->memory);
}

int http_port(const http *h) { return h->server == NULL ? 0 : server_port(h->server); }

status http_run(http *h) {
  assert(h->server != NULL);
  return server_run(h->server);
}

void http_stop(http *h) { server_stop(h->server); }

/* --- without a socket ------------------------------------------------------------------------- */

static str whole_answer(ctx *c, const answer *a) {
  char line[DATE_LINE_LEN + 1], head[HEAD_MAX];
  answer_date(c->real_now, line);
  size_t len = answer_head(a, (str){line, DATE_LINE_LEN}, head);
  buf b = buf_make(c->arena, HEAD_MAX + ANSWER_MAX);
  buf_add(&b, (str){head, len});
  if (!a->no_body) buf_add(&b, a->body);
  return buf_str(&b);
}

static db *borrow_reader(exchange *x) {
  db *reader = engine_reader(x->h->engine, &x->c);
  if (reader == NULL) exchange_refuse(x, E_STORE, "there is no read connection");
  return reader;
}

/* The reader is given back before the engine is asked: in memory the two share one connection. */
static exchange_step run_steps(exchange *x) {
  db *reader = borrow_reader(x);
  if (reader == NULL) return STEP_ANSWER;
  exchange_step step = exchange_begin(x, reader);
  if (step == STEP_READ || step == STEP_STREAM) exchange_read(x, reader);
  engine_reader_done(x->h->engine, reader);
  return step == STEP_SLOW ? exchange_prepare(x) : step;
}

/* Reads one whole request; what follows it is not looked at. */
static message_event read_message(const http *h, message *m, char *bytes, size_t len,
                                  route_match *match) {
  message_open(m, &h->limits);
  message_event got = message_feed(m, bytes, len);
  if (got != MESSAGE_HEAD) return got;
  *match = exchange_match(h, m, bytes);
  got = message_limit_body(m, exchange_body_limit(h, match));
  return got == MESSAGE_HEAD ? message_feed(m, bytes, len) : got;
}

/* Up to the engine: `x` when it is to be asked, NULL when `out` is the answer already. */
static status begin_request(ctx *c, http *h, str request_bytes, exchange **x, str *out) {
  message m;
  route_match match = {.route = NULL};
  char *bytes = str_zero(c->arena, request_bytes);
  message_event got = read_message(h, &m, bytes, request_bytes.len, &match);
  *x = NULL;
  if (got != MESSAGE_DONE) {
    answer a = {.http_status = 400, .close = true};
    fault f = {.code = got == MESSAGE_BAD ? m.error : E_MALFORMED,
               .detail = str_from(got == MESSAGE_BAD ? m.reason : "the request ends too early")};
    problem_answer(c->arena, &f, &a);
    *out = whole_answer(c, &a);
    return OK;
  }
  exchange *made = exchange_open(h, c->arena, &m, bytes, &match);
  if (made == NULL) return fail(c, E_NO_MEMORY, "there is no memory for the request");
  if (run_steps(made) == STEP_SUBMIT)
    *x = made;
  else
    *out = whole_answer(c, &made->out);
  return OK;
}

status http_handle(ctx *c, http *h, str request_bytes, str *response_bytes) {
  exchange *x;
  TRY(begin_request(c, h, request_bytes, &x, response_bytes));
  if (x == NULL) return OK;
  status s = engine_do(&x->c, h->engine, &x->cmd);
  x->cmd.outcome = s;
  x->cmd.fault = x->c.fault;
  exchange_finish(x);
  *response_bytes = whole_answer(c, &x->out);
  return OK;
}

static void note_done(command *cmd) { *(bool *)cmd->done_arg = true; }

status http_handle_many(ctx *c, http *h, const str *requests, str *responses, size_t count) {
  exchange *asked[HANDLE_MAX];
  bool done[HANDLE_MAX] = {false};
  assert(count <= HANDLE_MAX);
  for (size_t i = 0; i < count; i++) {
    TRY(begin_request(c, h, requests[i], &asked[i], &responses[i]));
    if (asked[i] == NULL) continue;
    asked[i]->cmd.done = note_done;
    asked[i]->cmd.done_arg = &done[i];
    done[i] = engine_submit(h->engine, &asked[i]->cmd) != OK;
  }
  for (size_t i = 0; i < count; i++) {
    if (asked[i] == NULL) continue;
    while (!done[i])
      engine_step(h->engine);
    exchange_finish(asked[i]);
    responses[i] = whole_answer(c, &asked[i]->out);
  }
  return OK;
}
