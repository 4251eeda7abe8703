/* stream.c - server-sent events on a connection: a page is read by a worker, sent, and followed by
 * the next as long as there is more; then the connection sleeps until the engine commits something.
 * Order and completeness come from the event ids; a client that comes back says the last one it has
 * seen. Who holds it open is looked at again with each page, so that it ends with the session, the
 * key or the role it was opened by. */
#include "http/loop.h"
#include <string.h>
#include <sys/socket.h>

static const char greeting[] = "retry: 2000\n\n";
static const char heartbeat[] = ":\n\n";

/* An id no event so far is above: ids begin with 41 bits of milliseconds and end with 22 others
 * (id.h). */
static id newest_id(instant real_now) { return (real_now - id_time(0)) / 1000 << 22; }

static void keep_token(const exchange *x, conn *k) {
  k->stream_is_session = x->authorization.len == 0;
  str token = k->stream_is_session ? x->cookie : bearer_token(x->authorization);
  k->stream_token_len = token.len <= sizeof k->stream_token ? token.len : 0;
  memcpy(k->stream_token, token.at, k->stream_token_len);
}

static status read_start(exchange *x, conn *k) {
  const page_query *page = x->r.query;
  keep_token(x, k);
  TRY(events_tenant(&x->c, &x->r.who, &k->stream_tenant));
  k->stream_after = newest_id(x->c.real_now);
  if (x->last_event_id.len > 0) {
    if (id_parse(x->last_event_id, ID_EVENT, &k->stream_after)) return OK;
    return fail_field(&x->c, E_MALFORMED, STR("header/Last-Event-ID"),
                      "must be the id of an event");
  }
  if (page->after.len == 0 || cursor_parse(page->after, &k->stream_after, 1)) return OK;
  return fail_field(&x->c, E_MALFORMED, STR("query/after"),
                    "must be the `next` of a page of events");
}

void stream_begin(exchange *x) {
  status s = read_start(x, x->conn);
  if (s != OK) {
    exchange_fail(x, s);
    return;
  }
  x->out.content_type = STR("text/event-stream");
  x->out.close = true;
  x->out.is_stream = !x->out.no_body;
  x->out.body = (str){greeting, sizeof greeting - 1};
}

/* The next page, by a worker. */
static void fetch(conn *k) {
  server *s = k->s;
  arena *memory = server_arena(s, exchange_is_large(&k->match));
  exchange *x = memory == NULL ? NULL : arena_try(memory, 1, sizeof(exchange));
  if (x == NULL) {
    if (memory != NULL) server_arena_done(s, memory, exchange_is_large(&k->match));
    conn_close(k); /* it comes back with the last id it has */
    return;
  }
  *x = (exchange){.h = s->h, .memory = memory, .match = k->match, .conn = k, .step = STEP_STREAM};
  engine_ctx(s->h->engine, memory, &x->c);
  x->deadline = x->c.real_now + (instant)s->h->limits.request_deadline_ms * 1000;
  x->stream_after = k->stream_after;
  x->stream_tenant = k->stream_tenant;
  x->stream_token = (str){k->stream_token, k->stream_token_len};
  x->stream_is_session = k->stream_is_session;
  k->x = x;
  k->stream_seen = s->commits;
  timer_set(k, TIMER_NONE);
  conn_away(k);
  workers_submit(s, x);
}

void stream_start(conn *k) {
  conn_release(k);
  k->state = CONN_STREAM;
  atomic_fetch_add_explicit(&k->s->h->counts.streams, 1, memory_order_relaxed);
  fetch(k);
}

/* The page is out. */
static void go_on(conn *k) {
  bool is_full = k->x->stream_count == STREAM_PAGE;
  conn_release(k);
  if (is_full || k->stream_seen != k->s->commits) {
    fetch(k);
  } else {
    timer_set(k, TIMER_HEARTBEAT);
  }
}

void stream_completed(conn *k, exchange *x) {
  if (x->out.http_status != 200) {
    conn_close(k);
    return;
  }
  k->stream_after = x->stream_after;
  if (conn_send(k, (str){.at = NULL}, x->out.body)) go_on(k);
}

void stream_event(conn *k) {
  if (conn_has_rest(k) && conn_flush(k)) go_on(k);
  if (!k->dead && k->readable) conn_discard(k);
}

void stream_wake(conn *k) {
  if (k->x == NULL) fetch(k);
}

/* Tells proxies and the peer's kernel that somebody is here; who does not take even this is gone.
 * Where others write too, the watermark may have passed an event since, or another process have
 * committed one: look. */
void stream_heartbeat(conn *k) {
  if (send(k->fd, heartbeat, sizeof heartbeat - 1, MSG_NOSIGNAL) != (ssize_t)sizeof heartbeat - 1) {
    conn_close(k);
  } else if (k->s->has_other_writers) {
    fetch(k);
  } else {
    timer_set(k, TIMER_HEARTBEAT);
  }
}
