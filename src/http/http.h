/* http.h - the server: an epoll loop around llhttp, a router that needs no socket, limits on
 * everything.
 *
 * Life of a request: the loop parses; the route is matched; the caller is authenticated; body and
 * query are parsed by the route's shapes; a GET runs on a worker thread with a read connection; a
 * write becomes a command in the engine's queue and is answered after its commit. RFC 9110, RFC
 * 9112; errors are RFC 9457 problem documents. */
#ifndef TAEL_HTTP_H
#define TAEL_HTTP_H

#include "http/route.h"
#include "http/site.h"

typedef struct http http;

/* Registered by the identity module: who is calling. `authorization` is the header's value,
 * `cookie` the session cookie's, `csrf` the X-CSRF-Token header's. Public routes get ACTOR_NONE
 * when nothing was sent. May be called on the loop's thread: must not block (caches; `d` is a read
 * connection). */
typedef struct auth_hooks {
  status (*authenticate)(ctx *c, db *d, str authorization, str cookie, str csrf, bool is_write,
                         principal *out);
  /* The same of a session's cookie or an API key that was let in before and holds a stream open;
   * looking does not count as use. NULL: whoever was let in stays. */
  status (*look_again)(ctx *c, db *d, str token, bool is_session, principal *out);
} auth_hooks;

typedef struct http_limits {
  size_t max_connections, max_header_bytes, max_uri_bytes, max_body_bytes, json_depth,
      max_in_flight_per_key;
  int header_timeout_ms, body_timeout_ms, idle_timeout_ms, request_deadline_ms, drain_ms;
  int requests_per_s; /* of one key, or of one address without a key; 0: any number */
  int read_wait_ms; /* a read that would wait longer for a worker is turned away at once; 0: none */
} http_limits;
extern const http_limits http_default_limits; /* 16384, 16 KiB, 4 KiB, 1 MiB, 32, 20 ... */

typedef struct http_options {
  str listen; /* "127.0.0.1:8080", port 0: a free one; empty: no socket, for http_handle alone */
  const module *const *modules;
  size_t module_count;
  engine *engine;
  auth_hooks auth;
  http_limits limits;
  int workers; /* threads for reads and slow preparation */
  site site;   /* the web applications; none when left out */
  /* A proxy in front ends TLS: browsers are told to come by TLS only, and the caller is whom the
   * proxy names last in X-Forwarded-For. */
  bool behind_tls;
} http_options;

status http_open(ctx *c, const http_options *options,
                 http **out); /* binds; E_MALFORMED, E_CONFLICT (port taken) */
int http_port(const http *h);
status
http_run(http *h); /* the loop; returns after http_stop and the drain; once for a server. The engine
                      must have been started, and must not be stopped before this has returned */
void http_stop(http *h); /* async-signal-safe */
void http_close(http *h);

/* The router without a socket: bytes of one request in, bytes of the response out (in c's arena).
 * Writes run by engine_do. For the simulator, tests and fuzzing. */
status http_handle(ctx *c, http *h, str request_bytes, str *response_bytes);
/* The same for requests that arrive together, on an engine without threads: writes make one group
 * of the engine, in their order. At most HANDLE_MAX. */
enum { HANDLE_MAX = 64 };
status http_handle_many(ctx *c, http *h, const str *requests, str *responses, size_t count);

str http_openapi(arena *a, const module *const *modules, size_t count);   /* OpenAPI 3.1, JSON */
str http_reference(arena *a, const module *const *modules, size_t count); /* readable HTML */

/* Built-in: GET /healthz, /readyz, /metrics (Prometheus text), /openapi.json, /docs, GET /v1/events
 * (SSE when asked). */
#endif
