/* inside.h - private to src/http: what its files share. Shapes in and out, the parsed message, the
 * router, the answer, and the exchange that carries one request through them. No other folder
 * includes it. */
#ifndef TAEL_HTTP_INSIDE_H
#define TAEL_HTTP_INSIDE_H

#include "http/http.h"
#include <llhttp.h>
#include <stdatomic.h>

/* --- shapes (fields.c, print.c) --------------------------------------------------------------- */
enum { JSON_DEPTH_MAX = 32, ARRAY_DEFAULT_MAX = 1000, PAGE_DEFAULT = 50, ANSWER_MAX = 15 << 20 };
status shape_parse_deep(ctx *c, const shape *s, str json, size_t depth_max, void *out);
/* "a=1&b=two", percent-encoded; errors are named "query/a". */
status shape_parse_query(ctx *c, const shape *s, str text, void *out);
void shape_print_without_secrets(buf *b, const shape *s, const void *in);
/* Percent-decoding into the arena; plus_is_blank for queries. false: a broken escape, a control
 * character or not UTF-8. */
MUST_USE bool percent_decode(arena *a, str text, bool plus_is_blank, str *out);

/* --- the parsed message (message.c) ----------------------------------------------------------- */
/* The headers the server reads; all others are skipped. X(member, name, may come more than once) */
#define HEADER_TABLE(X)                        \
  X(host, "host", false)                       \
  X(authorization, "authorization", false)     \
  X(cookie, "cookie", false)                   \
  X(csrf, "x-csrf-token", false)               \
  X(idempotency_key, "idempotency-key", false) \
  X(content_type, "content-type", false)       \
  X(accept, "accept", true)                    \
  X(accept_language, "accept-language", true)  \
  X(expect, "expect", false)                   \
  X(last_event_id, "last-event-id", false)     \
  X(accept_encoding, "accept-encoding", true)  \
  X(if_none_match, "if-none-match", true)      \
  X(request_id, "x-request-id", true)          \
  X(forwarded_for, "x-forwarded-for", true)    \
  X(transfer_encoding, "transfer-encoding", false)

enum header_index {
#define X(member, name, repeats) HEADER_##member,
  HEADER_TABLE(X)
#undef X
      HEADER_INDEX_COUNT
};

/* A piece of the message, counted from its first byte, so that the buffer may move. */
typedef struct span {
  uint32_t at, len;
} span;

typedef enum message_event {
  MESSAGE_MORE, /* feed further bytes */
  MESSAGE_HEAD, /* the header section has ended: decide about the body, then feed on */
  MESSAGE_DONE, /* a whole request */
  MESSAGE_BAD,  /* answer `error` and close */
} message_event;

/* Reads one request after another out of a buffer the caller owns; never copies but to close the
 * gaps between chunks. The head must stay where it is in relation to the message's first byte. */
typedef struct message {
  llhttp_t parser;
  size_t max_header_bytes, max_uri_bytes, max_body_bytes;
  char *base;    /* of this feed: the message's first byte */
  size_t parsed; /* bytes of the buffer, from the message's first byte, the parser has eaten */
  span target;
  span headers[HEADER_INDEX_COUNT];
  span name;     /* of the header being read */
  unsigned seen; /* bits of header_index */
  int current;   /* header_index of the value being read; -1: one that is skipped */
  size_t header_count, extension_bytes;
  size_t head_len;
  span body;
  char tail[4]; /* the last bytes eaten */
  bool head_done, complete;
  status error;
  const char *reason;
} message;

void message_open(message *m, const http_limits *limits); /* before each request */
message_event message_feed(message *m, char *base, size_t filled);
/* After MESSAGE_HEAD: the route's own limit. MESSAGE_HEAD, or MESSAGE_BAD with E_TOO_LARGE. */
message_event message_limit_body(message *m, size_t max_bytes);
/* After MESSAGE_MORE in a body: drops the framing of chunks already read; how much of the buffer is
 * still filled. */
size_t message_compact(message *m);
uint64_t message_body_length(const message *m); /* as announced; 0 when it is not */
MUST_USE bool message_method(const message *m,
                             method *out); /* HEAD is GET; false: one no route can have */
void message_target(const message *m, const char *base, str *path, str *query);
str message_span(const char *base, span s);
str message_header(const message *m, const char *base,
                   enum header_index index); /* trimmed; NULL view: absent */
bool message_keeps_alive(const message *m);

/* --- the router (router.c) -------------------------------------------------------------------- */
typedef struct router router;
typedef struct route_match {
  const route *route;          /* NULL: see allowed */
  str params[PATH_PARAMS_MAX]; /* raw text */
  id ids[PATH_PARAMS_MAX];
  unsigned allowed; /* bits of `method` the path has; 0: no such path */
} route_match;
status router_open(ctx *c, const module *const *modules, size_t count,
                   router **out); /* in c's arena */
route_match router_find(const router *r, method m, str path);
const char *method_name(method m);
/* "{ord}" -> ID_ORDER; -1 for "{text}", -2 when it is no parameter or names no prefix. */
int path_param_kind(str segment);

/* --- the answer (answer.c, problem.c) --------------------------------------------------------- */
enum { COOKIES_MAX = 2, COOKIE_MAX = 512, REQUEST_ID_MAX = 64, HEAD_MAX = 3072 };
typedef struct answer {
  int http_status;
  str content_type;
  str body;
  bool is_page; /* a page's content security policy */
  str policy;   /* whole header lines in place of the security and caching ones; empty: the usual */
  bool replayed;
  unsigned allow; /* bits of `method` for 405 */
  int retry_after_s;
  bool asks_credentials; /* WWW-Authenticate */
  bool close;
  bool is_stream; /* no length: the body ends with the connection */
  bool no_body;   /* HEAD: the length is told, the body is not sent */
  str request_id;
  str cookies[COOKIES_MAX];
  size_t cookie_count;
} answer;

/* The head of the answer with its blank line; `date` is the line cached by answer_date. Returns its
 * length. */
size_t answer_head(const answer *a, str date, char out[static HEAD_MAX]);
enum { COMMON_MAX = 128, DATE_LINE_LEN = 37 }; /* "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" */
void answer_date(instant real_now, char out[static DATE_LINE_LEN + 1]);
const char *http_reason(int http_status);

/* Fills `a` from the fault; what is not the caller's fault is told without its particulars (X13).
 */
void problem_answer(arena *memory, const fault *f, answer *a);
/* The same for a status alone, without any memory. */
void problem_answer_static(status code, answer *a);
/* The same with a detail, a constant of the program: short, without quotes. */
enum { PROBLEM_SHORT_MAX = 512 };
void problem_answer_short(status code, const char *detail, char out[static PROBLEM_SHORT_MAX],
                          answer *a);

/* --- how often one caller may ask (rate.c) ---------------------------------------------------- */
typedef struct rate rate;
rate *rate_open(arena *a, int64_t per_second); /* 1 and more; the table lives in `a` */
/* `who`: a key, or the hash of an address. false: too often; the caller may come again after so
 * many whole seconds. In the long run exactly the rate passes, at once a fiftieth of it, 20 at
 * least. Any thread. */
MUST_USE bool rate_take(rate *r, uint64_t who, instant real_now, int *retry_after_s);

/* --- one request on its way (exchange.c) ------------------------------------------------------ */
typedef struct exchange exchange;
struct exchange {
  struct http *h;
  arena *memory;
  ctx c;
  request r;
  route_match match;
  command cmd;
  void *cmd_out;
  answer out;
  str path, query_text, authorization, cookie, csrf, content_type, accept, last_event_id,
      accept_encoding, if_none_match;
  bool is_write;
  bool is_get; /* GET or HEAD */
  /* the server's: */
  struct conn *conn;
  exchange *next;
  int64_t started_us;
  instant deadline;  /* real time after which the answer is not worth the work */
  int step;          /* exchange_step, between the loop and a worker */
  bool is_submitted; /* the engine had it */
  id stream_after, stream_tenant;
  str stream_token; /* who holds it open, asked again with each page */
  bool stream_is_session;
  size_t stream_count; /* events of this page */
};

typedef enum exchange_step {
  STEP_ANSWER, /* x->out is ready */
  STEP_READ,   /* call exchange_read with a read connection, on a thread that may wait */
  STEP_SLOW,   /* call exchange_prepare on such a thread */
  STEP_SUBMIT, /* hand x->cmd to the engine, then exchange_finish */
  STEP_STREAM, /* an event stream begins after x->last_event_id */
} exchange_step;

route_match exchange_match(const struct http *h, const message *m, const char *base);
size_t exchange_body_limit(const struct http *h, const route_match *match);
/* An arena's cap for this route: lists and large bodies may take more. */
bool exchange_is_large(const route_match *match);
/* The exchange lies in `memory`; the message's bytes must stay until the answer is sent. NULL: no
 * memory. */
exchange *exchange_open(struct http *h, arena *memory, const message *m, const char *base,
                        const route_match *match);
/* Authenticates with `reader`, checks, parses, and prepares unless that is slow. */
exchange_step exchange_begin(exchange *x, db *reader);
exchange_step exchange_prepare(exchange *x);
void exchange_read(exchange *x, db *reader);
str bearer_token(str authorization);           /* at NULL: there is none */
void exchange_stream(exchange *x, db *reader); /* the next page of events into x->out.body */
void exchange_finish(exchange *x);             /* from the command's outcome */
void exchange_refuse(exchange *x, status code, const char *detail);
void exchange_fail(exchange *x, status code); /* with the fault in x->c */

/* --- what the server offers by itself (builtin.c, events.c, metrics.c) ------------------------ */
extern const module http_builtin;
/* The caller's modules and, last, the server's own; *count grows by one. */
const module **modules_with_builtin(arena *a, const module *const *modules, size_t *count);
extern const char reference_style[]; /* of the page at /docs */
bool builtin_is(
    const route *r); /* answered on the loop's thread, without a store, unless it is a stream */
typedef struct events_page {
  str text;
  id last;
  size_t count;
} events_page;
/* Whose events the caller may see: 0: all. E_FORBIDDEN for those who have none. */
status events_tenant(ctx *c, const principal *who, id *tenant);
enum { STREAM_PAGE = 100 };
/* Up to max events after `after` as text/event-stream. */
status events_stream(ctx *c, db *reader, id after, id tenant, size_t max, events_page *out);
status events_read(ctx *c, const request *r, db *d, void *out);
extern const shape event_shape;
extern const shape page_shape; /* of a list that declares no query of its own */

/* A file or first page of the web applications (site.c) for a path that is no route's. false: none.
 */
bool site_answer(exchange *x);

enum { LATENCY_BUCKETS = 12, STATUS_CLASSES = 6 };
typedef struct metrics {
  _Atomic int64_t by_class[STATUS_CLASSES], refused_connections, malformed, timeouts, shed;
  _Atomic int64_t latency[LATENCY_BUCKETS], latency_sum_us;
  _Atomic int64_t connections, in_flight, streams;
} metrics;
void metrics_count(metrics *m, int http_status, int64_t latency_us);
void metrics_print(buf *b, const metrics *m, const engine_health *health);

/* The server: what every request needs, and the loop (server.c), which http_handle does without. */
struct http {
  arena *memory; /* as long as the server: tables, documents */
  engine *engine;
  auth_hooks auth;
  http_limits limits;
  int workers;
  router *router;
  const module **modules; /* the caller's and http_builtin */
  size_t module_count;
  str openapi, reference;
  site site;
  bool behind_tls;
  rate *rate; /* NULL: none */
  _Atomic uint64_t request_number;
  metrics counts;
  struct server *server; /* NULL: no socket */
};

#endif
