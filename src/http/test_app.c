/* test_app.c - the module of test_app.h: POST /v1/notes makes a note and an event, GET lists them,
 * POST /v1/keys answers with a secret, POST /v1/sessions with a cookie. Tokens: "Bearer buyer",
 * "seller", "operator". */
#include "http/test_app.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Atomic int app_slow_ms;

typedef struct note {
  id note_id;
  str words;
  int64_t size;
} note;
static const field note_fields[] = {
    {.name = "id",
     .type = FIELD_ID,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(note, note_id),
     .id_kind = ID_RECEIPT,
     .doc = "The note."},
    F_STR(note, words, FIELD_REQUIRED, 1, APP_NOTE_MAX, "What it says."),
    F_INT(note, size, FIELD_READ_ONLY, 0, 0, "Its length in bytes."),
};
static SHAPE(note_shape, "Note", note, note_fields);

typedef struct key_out {
  id key_id;
  str secret, cookie;
} key_out;
static const field key_fields[] = {
    {.name = "id",
     .type = FIELD_ID,
     .offset = offsetof(key_out, key_id),
     .id_kind = ID_API_KEY,
     .doc = "The key."},
    F_STR(key_out, secret, FIELD_SECRET, 0, 100, "Shown once."),
    F_STR(key_out, cookie, FIELD_COOKIE, 0, 500, "The session."),
};
static SHAPE(key_shape, "Key", key_out, key_fields);

/* --- commands --------------------------------------------------------------------------------- */

static status make_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  note *n = state;
  if (str_eq(n->words, STR("forbidden words")))
    return fail(c, E_RULE, "these words are not allowed");
  n->note_id = id_next(c);
  n->size = (int64_t)n->words.len;
  return OK;
}

static status make_write(ctx *c, tx *t, void *state) {
  const note *n = state;
  TRY(db_run(c, tx_db(t), "insert into app_note(note_id, words) values (?1, ?2)",
             DB_INT(n->note_id), DB_TEXT(n->words)));
  return tx_emit(c, t, "note.made", ID_RECEIPT, n->note_id, tx_who(t).tenant, STR("{\"note\":1}"));
}

static const command_type make_type = {
    .name = "app.note", .decide = make_decide, .write = make_write};

static status make_prepare(ctx *c, const request *r, command *cmd, void **out) {
  note *n = ARENA_NEW(c->arena, note);
  *n = *(const note *)r->in;
  cmd->type = &make_type;
  cmd->state = n;
  *out = n;
  return OK;
}

/* Ends early when the time is cut short meanwhile. */
static void be_slow(void) {
  for (int ms = 0; ms < atomic_load(&app_slow_ms); ms++) {
    usleep(1000);
  }
}

static status slow_prepare(ctx *c, const request *r, command *cmd, void **out) {
  be_slow();
  return make_prepare(c, r, cmd, out);
}

static status key_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  key_out *k = state;
  k->key_id = id_next(c);
  k->secret = STR("sk_very_secret");
  k->cookie = STR("tael_session=abc123; Path=/; HttpOnly; SameSite=Lax");
  return OK;
}

static const command_type key_type = {.name = "app.key", .decide = key_decide};

static status key_prepare(ctx *c, const request *r, command *cmd, void **out) {
  UNUSED(r);
  *out = cmd->state = ARENA_NEW(c->arena, key_out);
  cmd->type = &key_type;
  return OK;
}

/* --- reads ------------------------------------------------------------------------------------ */

static status note_read(ctx *c, const request *r, db *d, void *out) {
  note *n = out;
  db_rows *rows;
  TRY(db_query(c, d, &rows, "select note_id, words from app_note where note_id = ?1",
               DB_INT(r->params[0])));
  bool is_found = db_next(rows);
  if (is_found) {
    n->note_id = db_get_int(rows, 0);
    n->words = db_keep_text(rows, 1, c->arena);
    n->size = (int64_t)n->words.len;
  }
  TRY(db_done(c, rows));
  return is_found ? OK : fail(c, E_NOT_FOUND, "there is no such note");
}

static status notes_read(ctx *c, const request *r, db *d, void *out) {
  const page_query *page = r->query;
  list_out *list = out;
  note *notes = ARENA_ARRAY(c->arena, note, (size_t)page->limit);
  int64_t after = 0;
  size_t count = 0;
  if (page->after.len > 0 && !cursor_parse(page->after, &after, 1)) {
    return fail_field(c, E_MALFORMED, STR("query/after"), "must be a cursor");
  }
  db_rows *rows;
  TRY(db_query(c, d, &rows,
               "select note_id, words from app_note where note_id > ?1 order by note_id limit ?2",
               DB_INT(after), DB_INT(page->limit)));
  while (db_next(rows)) {
    notes[count].note_id = db_get_int(rows, 0);
    notes[count++].words = db_keep_text(rows, 1, c->arena);
  }
  TRY(db_done(c, rows));
  list->items = (field_array){notes, count};
  if (count == (size_t)page->limit)
    list->next = cursor_print(c->arena, &notes[count - 1].note_id, 1);
  return OK;
}

static status greedy_read(ctx *c, const request *r, db *d, void *out) {
  UNUSED(r), UNUSED(d), UNUSED(out);
  (void)arena_take(c->arena, 1, 64 << 20);
  return OK;
}

static status broken_read(ctx *c, const request *r, db *d, void *out) {
  UNUSED(r), UNUSED(d), UNUSED(out);
  return fail(c, E_INTERNAL, "select secret from /var/lib/tael at 0xdeadbeef");
}

static status slow_read(ctx *c, const request *r, db *d, void *out) {
  UNUSED(c), UNUSED(r), UNUSED(d), UNUSED(out);
  be_slow();
  return OK;
}

static status text_page(ctx *c, const request *r, db *d, buf *html, const char **content_type) {
  UNUSED(c), UNUSED(d), UNUSED(content_type);
  buf_add(html, STR("<p>"));
  buf_add_html(html, r->param_text[0]);
  return OK;
}

static status broken_page(ctx *c, const request *r, db *d, buf *html, const char **content_type) {
  UNUSED(r), UNUSED(d), UNUSED(html), UNUSED(content_type);
  return fail(c, E_INTERNAL, "select secret from /var/lib/tael at 0xdeadbeef");
}

static const route routes[] = {
    {.method = GET,
     .path = "/broken",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .summary = "A page that fails.",
     .page = broken_page},
    {.method = POST,
     .path = "/v1/notes",
     .scope = SCOPE_SELL,
     .flags = ROUTE_CREATED,
     .summary = "Makes a note.",
     .in = &note_shape,
     .out = &note_shape,
     .prepare = make_prepare},
    {.method = POST,
     .path = "/v1/slow",
     .scope = SCOPE_SELL,
     .flags = ROUTE_SLOW,
     .summary = "Makes a note slowly.",
     .in = &note_shape,
     .out = &note_shape,
     .prepare = slow_prepare},
    {.method = PUT,
     .path = "/v1/own",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_OWN_KEY,
     .summary = "Its own key.",
     .in = &note_shape,
     .out = &note_shape,
     .prepare = make_prepare},
    {.method = POST,
     .path = "/v1/keys",
     .scope = SCOPE_KEYS,
     .flags = ROUTE_NO_BODY,
     .summary = "Makes a key.",
     .out = &key_shape,
     .prepare = key_prepare},
    {.method = GET,
     .path = "/v1/notes",
     .scope = SCOPE_SELL,
     .flags = ROUTE_LIST,
     .summary = "Lists notes.",
     .out = &note_shape,
     .read = notes_read},
    {.method = GET,
     .path = "/v1/notes/{rcp}",
     .scope = SCOPE_SELL,
     .summary = "One note.",
     .out = &note_shape,
     .read = note_read},
    {.method = GET,
     .path = "/v1/notes/first",
     .scope = SCOPE_SELL,
     .summary = "Fixed wins.",
     .out = &note_shape,
     .read = broken_read},
    {.method = GET,
     .path = "/v1/greedy",
     .scope = SCOPE_PUBLIC,
     .summary = "Takes too much.",
     .out = &note_shape,
     .read = greedy_read},
    {.method = GET,
     .path = "/v1/sleep",
     .scope = SCOPE_PUBLIC,
     .summary = "Sleeps.",
     .out = &note_shape,
     .read = slow_read},
    {.method = GET,
     .path = "/say/{text}",
     .scope = SCOPE_PUBLIC,
     .flags = ROUTE_HIDDEN,
     .summary = "A page.",
     .page = text_page},
};

static const db_schema app_schema = {
    "app", "-- step 1\ncreate table app_note (\n  note_id INT8 not null,\n  words TEXT not null,\n "
           " primary key (note_id)\n);\n-- shard note_id\n"};
const module app_module = {
    .name = "app", .schema = &app_schema, .routes = routes, .route_count = COUNT_OF(routes)};

/* --- callers ---------------------------------------------------------------------------------- */

static status authenticate(ctx *c, db *d, str authorization, str cookie, str csrf, bool is_write,
                           principal *out) {
  UNUSED(d), UNUSED(csrf), UNUSED(is_write);
  uint64_t sells = SCOPE_BIT(SCOPE_SELL) | SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_KEYS);
  *out = (principal){.kind = ACTOR_NONE};
  if (authorization.len == 0 && cookie.len == 0) return OK;
  if (str_eq(authorization, STR("Bearer buyer")) || str_eq(cookie, STR("buyer"))) {
    *out = (principal){
        .kind = ACTOR_BUYER, .actor = 11, .tenant = 1, .key = 21, .scopes = SCOPE_BIT(SCOPE_SELF)};
  } else if (str_eq(authorization, STR("Bearer seller"))) {
    *out = (principal){.kind = ACTOR_SELLER, .actor = 12, .tenant = 2, .key = 22, .scopes = sells};
  } else if (str_eq(authorization, STR("Bearer rival"))) {
    *out = (principal){.kind = ACTOR_SELLER, .actor = 14, .tenant = 3, .key = 24, .scopes = sells};
  } else if (str_eq(authorization, STR("Bearer operator"))) {
    *out = (principal){
        .kind = ACTOR_OPERATOR, .actor = 13, .tenant = 1, .key = 23, .scopes = UINT64_MAX};
  } else {
    return fail(c, E_UNAUTHENTICATED, "this key is not known");
  }
  return OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

app *app_open(const char *listen, bool threads, const http_limits *limits) {
  static _Atomic int number;
  app *a = calloc(1, sizeof *a);
  assert_non_null(a);
  a->clock = INT64_C(1767225600) * MICROS_PER_SECOND; /* 2026-01-01 */
  a->c = test_ctx_open(&a->clock);
  snprintf(a->file, sizeof a->file, "/tmp/tael_http_%d_%d.db", (int)getpid(), number++);
  engine_options options = {.db_url = str_format(a->c->arena, "sqlite:%s", a->file),
                            .seed = test_seed()};
  engine_parts parts = {.schemas = &app_schema, .schema_count = 1};
  assert_int_equal(engine_open(a->c, &options, &parts, &a->e), OK);
  if (threads) assert_int_equal(engine_start(a->c, a->e), OK);
  const module *modules[] = {&app_module};
  http_options wanted = {.listen = str_from(listen),
                         .modules = modules,
                         .module_count = 1,
                         .engine = a->e,
                         .auth = {authenticate},
                         .limits = limits == NULL ? http_default_limits : *limits,
                         .workers = 2};
  status s = http_open(a->c, &wanted, &a->h);
  if (s != OK) fail_msg("http_open: %.*s", STR_ARGS(a->c->fault.detail));
  return a;
}

void app_close(app *a) {
  http_close(a->h);
  engine_stop(a->e);
  engine_close(a->e);
  static const char *const endings[] = {"", "-wal", "-wal-mark", "-shm", ".lock"};
  for (size_t i = 0; i < COUNT_OF(endings); i++) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", a->file, endings[i]);
    (void)unlink(path);
  }
  test_ctx_close(a->c);
  free(a);
}

str app_ask(app *a, const char *bytes) {
  str out;
  fault_clear(a->c);
  assert_int_equal(http_handle(a->c, a->h, str_from(bytes), &out), OK);
  return out;
}

int app_status(str response) {
  if (response.len < 12 || memcmp(response.at, "HTTP/1.1 ", 9) != 0) return -1;
  return (response.at[9] - '0') * 100 + (response.at[10] - '0') * 10 + (response.at[11] - '0');
}

bool app_has(str text, const char *piece) {
  return memmem(text.at, text.len, piece, strlen(piece)) != NULL;
}

str app_body(str response) {
  const char *end = memmem(response.at, response.len, "\r\n\r\n", 4);
  assert_non_null(end);
  return (str){end + 4, response.len - (size_t)(end + 4 - response.at)};
}
