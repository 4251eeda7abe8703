/* route.h - what a module declares: fields, routes, pages, and itself. One description, many uses:
 * parsing into a struct, validation that names the exact field, JSON out, OpenAPI 3.1, the
 * reference page and TypeScript types. */
#ifndef TAEL_HTTP_ROUTE_H
#define TAEL_HTTP_ROUTE_H

#include "engine/engine.h"

/* --- scopes: every route names one ------------------------------------------------------------ */
/* X(symbol, name, who usually has it) */
#define SCOPE_TABLE(X)                                                                             \
  X(SCOPE_PUBLIC, "public", "anyone, signed in or not")                                            \
  X(SCOPE_SELF, "self", "any signed-in person, for what is theirs")                                \
  X(SCOPE_BUY, "buy", "buyers: carts, orders, payments of their own")                              \
  X(SCOPE_WALLET, "wallet",                                                                        \
    "holders of a wallet: balance, top-up, transfer, withdrawal of their own")                     \
  X(SCOPE_SELL, "sell",                                                                            \
    "sellers, within their tenant: shops, catalogue, stock, parcels, settlement")                  \
  X(SCOPE_OPERATE, "operate", "operators: users, contracts, campaigns, jobs, breaks")              \
  X(SCOPE_MONEY, "money", "operators who may propose or approve money actions")                    \
  X(SCOPE_SUPERVISE, "supervise", "supervisor and operators: read everything")                     \
  X(SCOPE_LEDGER_READ, "ledger.read", "programs that read accounts and transfers of their tenant") \
  X(SCOPE_LEDGER_WRITE, "ledger.write",                                                            \
    "programs that open accounts and post transfers of their tenant")                              \
  X(SCOPE_KEYS, "keys", "who may make and revoke API keys and webhooks of their tenant")           \
  X(SCOPE_CLOCK, "clock", "who may move the test clock of a sandbox")

typedef enum scope {
#define X(symbol, name, who) symbol,
  SCOPE_TABLE(X)
#undef X
      SCOPE_COUNT
} scope;
#define SCOPE_BIT(scope_) (UINT64_C(1) << (scope_))
const char *scope_name(scope s);
/* Whether a route for oneself shows this caller the whole market: staff, and by a key only when it
 * was given "supervise" (the system always). */
bool principal_sees_all(const principal *who);

/* --- fields ----------------------------------------------------------------------------------- */
typedef enum field_type {
  FIELD_STR,      /* str; min..max code points; UTF-8 without control characters except \n \t */
  FIELD_INT,      /* int64_t; min..max */
  FIELD_BOOL,     /* bool */
  FIELD_ID,       /* id; `id_kind` prefix */
  FIELD_ID128,    /* id128; hex text */
  FIELD_AMOUNT,   /* int64_t minor units; min..max within +-2^53 */
  FIELD_CURRENCY, /* uint32_t; "CNY" <-> 156 */
  FIELD_TIME,     /* instant; RFC 3339 */
  FIELD_DATE,     /* date */
  FIELD_ENUM,     /* int; index into `values` (NULL-terminated) */
  FIELD_OBJECT,   /* struct inline; `sub` */
  FIELD_ARRAY,    /* field_array of struct `sub` (element `sub_size`); min..max elements */
  FIELD_JSON,     /* str holding a JSON value as text, at most `max` bytes; rendered verbatim */
} field_type;

enum field_flag {
  FIELD_REQUIRED = 1 << 0,
  FIELD_READ_ONLY = 1 << 1, /* appears in answers; sending it is refused by name */
  FIELD_SECRET = 1 << 2,    /* shown once: rendered as null in a replayed answer; never logged */
  FIELD_PERSONAL = 1 << 5,  /* FIELD_STR about a person: never kept with an answer, so it is "" in a
                               replayed one */
  FIELD_OMIT_ZERO = 1 << 3, /* absent from the answer when 0, empty or none */
  /* FIELD_STR at the top of `out`: the whole value of a Set-Cookie header ("tael_session=...;
   * Path=/; HttpOnly; SameSite=Lax"), never in the body and never in a replayed answer. */
  FIELD_COOKIE = 1 << 4,
};

typedef struct field_array {
  void *items;
  size_t count;
} field_array;

typedef struct field {
  const char *name;
  field_type type;
  unsigned flags;
  size_t offset;
  int64_t min, max;
  const char *doc;           /* a sentence; units and meaning */
  int id_kind;               /* FIELD_ID */
  const char *const *values; /* FIELD_ENUM */
  const struct shape *sub;   /* FIELD_OBJECT, FIELD_ARRAY */
} field;

typedef struct shape { /* a struct and its fields; the name appears in OpenAPI ("Order") */
  const char *name;
  size_t size;
  const field *fields;
  size_t count;
  /* A body of bytes instead: fixed-size records one after the other, of this Content-Type. As `in`
   * it is the module's to read from r->body; as `out` the struct is a str. It has no fields. */
  const char *media, *doc; /* doc: a sentence or two on what a record is */
} shape;
#define SHAPE(symbol, api_name, struct_type, table)  \
  const shape symbol = {.name = (api_name),          \
                        .size = sizeof(struct_type), \
                        .fields = (table),           \
                        .count = COUNT_OF(table)}
#define SHAPE_BYTES(symbol, api_name, content_type, words) \
  const shape symbol = {                                   \
      .name = (api_name), .size = sizeof(str), .media = (content_type), .doc = (words)}

/* Field rows: F_STR(order_in, note, 0, 0, 500, "Words to the seller."). */
#define F_STR(T, m, fl, lo, hi, d)                                                       \
  {                                                                                      \
    .name = #m, .type = FIELD_STR, .flags = (fl), .offset = offsetof(T, m), .min = (lo), \
    .max = (hi), .doc = (d)                                                              \
  }
#define F_INT(T, m, fl, lo, hi, d)                                                       \
  {                                                                                      \
    .name = #m, .type = FIELD_INT, .flags = (fl), .offset = offsetof(T, m), .min = (lo), \
    .max = (hi), .doc = (d)                                                              \
  }
#define F_AMOUNT(T, m, fl, lo, hi, d)                                                       \
  {                                                                                         \
    .name = #m, .type = FIELD_AMOUNT, .flags = (fl), .offset = offsetof(T, m), .min = (lo), \
    .max = (hi), .doc = (d)                                                                 \
  }
#define F_BOOL(T, m, fl, d) \
  { .name = #m, .type = FIELD_BOOL, .flags = (fl), .offset = offsetof(T, m), .doc = (d) }
#define F_ID(T, m, fl, kind, d)                                                               \
  {                                                                                           \
    .name = #m, .type = FIELD_ID, .flags = (fl), .offset = offsetof(T, m), .id_kind = (kind), \
    .doc = (d)                                                                                \
  }
/* Under another name than the struct's member, such as "payment" for payment_id. */
#define F_ID_AS(shown, T, m, fl, kind, d)                                                          \
  {                                                                                                \
    .name = (shown), .type = FIELD_ID, .flags = (fl), .offset = offsetof(T, m), .id_kind = (kind), \
    .doc = (d)                                                                                     \
  }
#define F_ID128(T, m, fl, d) \
  { .name = #m, .type = FIELD_ID128, .flags = (fl), .offset = offsetof(T, m), .doc = (d) }
#define F_CURRENCY(T, m, fl, d) \
  { .name = #m, .type = FIELD_CURRENCY, .flags = (fl), .offset = offsetof(T, m), .doc = (d) }
#define F_TIME(T, m, fl, d) \
  { .name = #m, .type = FIELD_TIME, .flags = (fl), .offset = offsetof(T, m), .doc = (d) }
#define F_DATE(T, m, fl, d) \
  { .name = #m, .type = FIELD_DATE, .flags = (fl), .offset = offsetof(T, m), .doc = (d) }
#define F_ENUM(T, m, fl, vals, d)                                                              \
  {                                                                                            \
    .name = #m, .type = FIELD_ENUM, .flags = (fl), .offset = offsetof(T, m), .values = (vals), \
    .doc = (d)                                                                                 \
  }
#define F_OBJECT(T, m, fl, shape_, d)                                                           \
  {                                                                                             \
    .name = #m, .type = FIELD_OBJECT, .flags = (fl), .offset = offsetof(T, m), .sub = (shape_), \
    .doc = (d)                                                                                  \
  }
#define F_ARRAY(T, m, fl, lo, hi, shape_, d)                                               \
  {                                                                                        \
    .name = #m, .type = FIELD_ARRAY, .flags = (fl), .offset = offsetof(T, m), .min = (lo), \
    .max = (hi), .sub = (shape_), .doc = (d)                                               \
  }
#define F_JSON(T, m, fl, hi, d)                                                           \
  {                                                                                       \
    .name = #m, .type = FIELD_JSON, .flags = (fl), .offset = offsetof(T, m), .max = (hi), \
    .doc = (d)                                                                            \
  }

/* --- routes ----------------------------------------------------------------------------------- */
enum { PATH_PARAMS_MAX = 4 };
typedef struct request {
  const struct route *route;
  principal who;
  id params[PATH_PARAMS_MAX]; /* ids of the path, in order, prefix checked */
  str param_text[PATH_PARAMS_MAX];
  const void *in;    /* parsed body (route->in) or NULL */
  const void *query; /* parsed query (route->query) or NULL */
  str body;          /* raw */
  str idempotency_key;
  str remote;           /* peer address */
  str session_token;    /* cookie or bearer, for sign-out */
  str path, query_text; /* as sent, still percent-encoded */
  str accept_language;
  engine *engine;
} request;

typedef enum method { GET, POST, PUT, PATCH, DELETE } method;
enum route_flag {
  ROUTE_SLOW = 1 << 0,    /* prepare runs on a worker thread (password hashing, signatures) */
  ROUTE_OWN_KEY = 1 << 1, /* idempotent by its own resource: no Idempotency-Key required */
  ROUTE_LIST =
      1 << 2, /* answers {items, next}: `out` is the element's shape; query has limit and after */
  ROUTE_CREATED = 1 << 3,   /* 201 instead of 200 */
  ROUTE_NO_BODY = 1 << 4,   /* a write without a body */
  ROUTE_STREAM = 1 << 5,    /* server-sent events */
  ROUTE_HIDDEN = 1 << 6,    /* pages: not in the API document */
  ROUTE_LOOKUP = 1 << 7,    /* a POST that only reads: `read` answers it, no Idempotency-Key */
  ROUTE_CRITICAL = 1 << 16, /* money a customer waits for: taken when others are turned away */
};

/* A list answer: elements of route->out's shape. `next`: opaque cursor, empty at the end. */
typedef struct list_out {
  field_array items;
  str next;
} list_out;

typedef struct route {
  method method;
  const char
      *path; /* "/v1/orders/{ord}/cancel": a parameter names its id prefix, or "{text}" for text */
  scope scope;
  unsigned flags;
  const char *summary; /* one line for the reference */
  const shape *query, *in, *out;
  /* GET: fills `out` (zeroed struct of route->out, or list_out) from a read connection, on a worker
   * thread, inside one read transaction (one snapshot) that the server begins and ends. The same
   * holds for `page`. */
  status (*read)(ctx *c, const request *r, db *d, void *out);
  /* Writes: sets cmd->type and cmd->state from the request (pure or slow work, no store); answer =
   * *cmd_out, a struct of route->out that the command fills (in decide or write). */
  status (*prepare)(ctx *c, const request *r, command *cmd, void **cmd_out);
  /* Pages: HTML written by itself. */
  status (*page)(ctx *c, const request *r, db *d, buf *html, const char **content_type);
  size_t max_body; /* 0: 64 KiB */
} route;

/* --- modules ---------------------------------------------------------------------------------- */
typedef struct module {
  const char *name;
  const db_schema *schema; /* NULL: none */
  const route *routes;
  size_t route_count;
  const job_type *const *jobs;
  size_t job_count;
  const task_type *const *tasks;
  size_t task_count;
} module;

/* Cursors: an opaque, checked text of up to 4 integers (base64url with a checksum). */
str cursor_print(arena *a, const int64_t *keys, size_t count);
MUST_USE bool cursor_parse(str text, int64_t *keys, size_t count);
/* Ranges of a field row: min and max both 0 mean "no limit of its own" for FIELD_STR, FIELD_INT and
 * FIELD_ARRAY (the body's limit holds, arrays stop at 1,000); FIELD_AMOUNT never leaves +-2^53. An
 * optional member that is null counts as left out. In answers a zero id, id128, time, date or
 * currency and an empty FIELD_JSON are null. */

/* The two query members every list has; put them first in the query struct. */
/* How many rows one page looks at for a match that no index finds, however rare it is: such a page
 * may hold fewer than asked for, even none, and its `next` goes on from there. */
enum { LIST_LOOK = 4000 };
typedef struct page_query {
  int64_t limit;
  str after;
} page_query;
#define F_PAGE(T)                                                    \
  F_INT(T, limit, 0, 1, 200, "How many at most; 50 when left out."), \
      F_STR(T, after, 0, 0, 200, "The `next` of the page before.")

/* Shapes <-> JSON, usable without HTTP (tests, replay, webhooks). */
status shape_parse(ctx *c, const shape *s, str json,
                   void *out); /* E_MALFORMED with pointers for every wrong field */
void shape_print(buf *b, const shape *s, const void *in);

#endif
