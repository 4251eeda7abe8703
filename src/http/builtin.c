/* builtin.c - what the server offers without any module: health, readiness, counters, the API's own
 * description, and the explanation of each problem. They are answered on the loop's thread without
 * a store, so that they work while everything else is busy; only /v1/events reads the store. */
#include "http/inside.h"

/* Builtin pages are only ever called with a request inside an exchange. */
static const exchange *exchange_of(const request *r) {
  return (const exchange *)(const void *)((const char *)r - offsetof(exchange, r));
}

static status healthz(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(c), UNUSED(r), UNUSED(d);
  *content_type = "application/json";
  buf_add(out, STR("{\"status\":\"ok\"}"));
  return OK;
}

static status readyz(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(d);
  engine_health health;
  engine_health_get(r->engine, &health);
  if (!health.ready) return fail(c, E_STORE, "the engine takes no commands now");
  *content_type = "application/json";
  buf_add(out, STR("{\"status\":\"ready\"}"));
  return OK;
}

static status metrics_page(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(c), UNUSED(d);
  engine_health health;
  engine_health_get(r->engine, &health);
  *content_type = "text/plain; version=0.0.4; charset=utf-8";
  metrics_print(out, &exchange_of(r)->h->counts, &health);
  return OK;
}

static status openapi_page(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(c), UNUSED(d);
  *content_type = "application/json";
  buf_add(out, exchange_of(r)->h->openapi);
  return OK;
}

static status docs_page(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(c), UNUSED(d), UNUSED(content_type);
  buf_add(out, exchange_of(r)->h->reference);
  return OK;
}

static status docs_style(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(c), UNUSED(r), UNUSED(d);
  *content_type = "text/css; charset=utf-8";
  buf_add(out, str_from(reference_style));
  return OK;
}

static status problem_page(ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  UNUSED(d);
  *content_type = "application/json";
  for (status s = OK + 1; s < STATUS_COUNT; s++) {
    if (!str_eq(r->param_text[0], str_from(status_slug(s)))) continue;
    buf_format(out, "{\"code\":\"%s\",\"status\":%d,\"title\":\"%s\",\"remedy\":\"%s\"}",
               status_slug(s), status_http(s), status_text(s), status_remedy(s));
    return OK;
  }
  return fail(c, E_NOT_FOUND, "there is no problem of this name");
}

static const field page_fields[] = {F_PAGE(page_query)};
SHAPE(page_shape, "Page", page_query, page_fields);

static const route routes[] = {
    {.method = GET,
     .path = "/healthz",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = healthz,
     .summary = "Whether the process answers."},
    {.method = GET,
     .path = "/readyz",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = readyz,
     .summary = "Whether it takes commands."},
    {.method = GET,
     .path = "/metrics",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = metrics_page,
     .summary = "Counters in Prometheus' text format."},
    {.method = GET,
     .path = "/openapi.json",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = openapi_page,
     .summary = "This API as OpenAPI 3.1."},
    {.method = GET,
     .path = "/docs",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = docs_page,
     .summary = "This API to read."},
    {.method = GET,
     .path = "/docs/style.css",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = docs_style,
     .summary = "How it looks."},
    {.method = GET,
     .path = "/problems/{text}",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .page = problem_page,
     .summary = "What a problem's type means."},
    {.method = GET,
     .path = "/v1/events",
     .scope = SCOPE_SELF,
     .flags = ROUTE_LIST | ROUTE_STREAM,
     .summary = "What happened, in order; as server-sent events when Accept is text/event-stream",
     .query = &page_shape,
     .out = &event_shape,
     .read = events_read},
};

const module http_builtin = {.name = "http", .routes = routes, .route_count = COUNT_OF(routes)};

const module **modules_with_builtin(arena *a, const module *const *modules, size_t *count) {
  const module **all = ARENA_ARRAY(a, const module *, *count + 1);
  for (size_t i = 0; i < *count; i++)
    all[i] = modules[i];
  all[(*count)++] = &http_builtin;
  return all;
}

bool builtin_is(const route *r) {
  return r >= routes && r < routes + COUNT_OF(routes) && r->page != NULL;
}
