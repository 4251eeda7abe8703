/* client.c - the handle: options, the loop of sending and receiving, and the calls of tael.h. All
 * work happens inside these calls, on the caller's thread. */
#include "inside.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { CONNECT_TIMEOUT_MS = 5000, TIMEOUT_MS = 60000, DEFAULT_CONNECTIONS = 2, DEFAULT_DEPTH = 2 };

/* --- options ---------------------------------------------------------------------------------- */

static bool is_visible(const char *text, size_t max) {
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i++)
    if (text[i] < 0x21 || text[i] > 0x7e) return false;
  return len > 0 && len <= max;
}

/* "http://HOST:PORT/", "HOST:PORT", "[::1]:PORT". */
static bool read_address(const char *text, tael *t) {
  if (strncmp(text, "http://", 7) == 0) text += 7;
  size_t len = strcspn(text, "/");
  const char *colon = memrchr(text, ':', len);
  if (colon == NULL || (text[len] == '/' && text[len + 1] != 0)) return false;
  size_t host_len = (size_t)(colon - text), port_len = len - host_len - 1;
  if (host_len > 2 && text[0] == '[' && colon[-1] == ']') {
    text++;
    host_len -= 2;
  }
  if (host_len == 0 || host_len > HOST_MAX || port_len == 0 || port_len > 5) return false;
  memcpy(t->host, text, host_len);
  memcpy(t->port, colon + 1, port_len);
  return is_visible(t->host, HOST_MAX) && strspn(t->port, "0123456789") == port_len;
}

static bool read_options(const tael_options *o, tael *t) {
  if (o == NULL || o->address == NULL || o->key == NULL) return false;
  if (!read_address(o->address, t) || !is_visible(o->key, KEY_MAX)) return false;
  if (o->connections > WIRES_MAX || o->depth > DEPTH_MAX) return false;
  if (o->connect_timeout_ms < 0 || o->timeout_ms < 0) return false;
  memcpy(t->key, o->key, strlen(o->key));
  t->wire_count = o->connections > 0 ? o->connections : DEFAULT_CONNECTIONS;
  t->depth = o->depth > 0 ? o->depth : DEFAULT_DEPTH;
  t->connect_timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS;
  t->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_MS;
  return true;
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool has_expired_call(const wire *w, int64_t now) {
  for (const call *c = w->sent.first; c != NULL; c = c->next)
    if (c->deadline_ms <= now) return true;
  return false;
}

/* Answers come in order, so one that comes too late takes its connection with it. */
static void expire(tael *t, int64_t now) {
  for (size_t i = 0; i < t->wire_count; i++) {
    wire *w = &t->wires[i];
    if (w->connecting && w->until_ms <= now)
      tael_wire_close(t, w, "The server does not take the call.");
    if (has_expired_call(w, now)) tael_wire_close(t, w, "No answer came in time.");
  }
  call_line kept = {NULL, NULL};
  call *c;
  call_line late = {NULL, NULL};
  while ((c = tael_line_take(&t->waiting)) != NULL)
    tael_line_add(c->deadline_ms <= now ? &late : &kept, c);
  t->waiting = kept;
  while ((c = tael_line_take(&late)) != NULL)
    tael_call_end(c, c->sent > 0 ? TAEL_E_TIMEOUT : TAEL_E_CONNECT, NULL, 0);
}

static wire *least_busy(tael *t) {
  wire *best = NULL;
  for (size_t i = 0; i < t->wire_count; i++) {
    wire *w = &t->wires[i];
    bool usable = w->fd >= 0 && !w->connecting && w->sent_count < t->depth;
    if (usable && (best == NULL || w->sent_count < best->sent_count)) best = w;
  }
  return best;
}

static void open_wires(tael *t, int64_t now) {
  for (size_t i = 0; i < t->wire_count && t->waiting.first != NULL; i++) {
    wire *w = &t->wires[i];
    if (w->fd < 0 && w->until_ms <= now) tael_wire_open(t, w);
  }
}

static void send_some(tael *t, int64_t now) {
  wire *w;
  call *c;
  open_wires(t, now);
  while ((w = least_busy(t)) != NULL && (c = tael_line_take_ready(&t->waiting, now)) != NULL) {
    tael_line_add(&w->sent, c);
    w->sent_count++;
    c->sent++;
    if (w->writing == NULL) w->writing = c;
  }
  for (size_t i = 0; i < t->wire_count; i++)
    if (t->wires[i].fd >= 0 && !t->wires[i].connecting) tael_wire_write(t, &t->wires[i]);
}

static void sooner(int64_t *when, int64_t other) {
  if (other < *when) *when = other;
}

/* When there is something to do even if no socket stirs. */
static int64_t next_moment(const tael *t, int64_t until) {
  for (const call *c = t->waiting.first; c != NULL; c = c->next) {
    sooner(&until, c->deadline_ms);
    if (c->not_before_ms > 0) sooner(&until, c->not_before_ms);
  }
  for (size_t i = 0; i < t->wire_count; i++) {
    const wire *w = &t->wires[i];
    bool is_timed = w->connecting || (w->fd < 0 && t->waiting.first != NULL);
    if (is_timed) sooner(&until, w->until_ms);
    for (const call *c = w->sent.first; c != NULL; c = c->next)
      sooner(&until, c->deadline_ms);
  }
  return until;
}

static void wait_for_sockets(tael *t, int64_t until, int64_t now) {
  struct pollfd fds[WIRES_MAX];
  int64_t wait = until - now;
  for (size_t i = 0; i < t->wire_count; i++) {
    const wire *w = &t->wires[i];
    bool writes = w->connecting || w->writing != NULL;
    fds[i] = (struct pollfd){.fd = w->fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
  }
  wait = wait < 0 ? 0 : wait > 60000 ? 60000 : wait;
  if (poll(fds, t->wire_count, (int)wait) <= 0) return;
  for (size_t i = 0; i < t->wire_count; i++) {
    wire *w = &t->wires[i];
    if (w->fd < 0 || fds[i].revents == 0) continue;
    if (w->connecting)
      tael_wire_connected(t, w);
    else if ((fds[i].revents & ~POLLOUT) != 0)
      tael_wire_read(t, w);
  }
}

size_t tael_poll(tael *t, int timeout_ms) {
  if (t == NULL || t->in_callback) return 0;
  int64_t now = tael_now_ms(), until = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
  t->ended = 0;
  for (bool is_first = true;; is_first = false) {
    expire(t, now);
    send_some(t, now);
    bool is_over = t->ended > 0 || t->open == 0 || now >= until;
    if (is_over && !is_first) return t->ended;
    wait_for_sockets(t, is_over ? now : next_moment(t, until), now);
    now = tael_now_ms();
  }
}

/* --- opening and closing ---------------------------------------------------------------------- */

static bool look_up(tael *t) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  if (getaddrinfo(t->host, t->port, &hints, &t->addresses) != 0) return false;
  t->address = t->addresses;
  return true;
}

static bool open_first(tael *t) {
  int64_t now = tael_now_ms(), until = now + t->connect_timeout_ms;
  wire *w = &t->wires[0];
  while (now < until) {
    if (w->fd < 0 && w->until_ms <= now) tael_wire_open(t, w);
    if (w->fd >= 0 && !w->connecting) return true;
    wait_for_sockets(t, w->until_ms < until ? w->until_ms : until, now);
    now = tael_now_ms();
    if (w->connecting && w->until_ms <= now)
      tael_wire_close(t, w, "The server does not take the call.");
  }
  return false;
}

tael_error tael_connect(const tael_options *options, tael **out) {
  tael *t = calloc(1, sizeof *t);
  if (t == NULL) return TAEL_E_MEMORY;
  for (size_t i = 0; i < WIRES_MAX; i++)
    t->wires[i].fd = -1;
  tael_error error = TAEL_DONE;
  t->failures = calloc(TAEL_BATCH_MAX, sizeof *t->failures);
  if (out == NULL || !read_options(options, t))
    error = TAEL_E_ARGUMENT;
  else if (t->failures == NULL)
    error = TAEL_E_MEMORY;
  else if (getrandom(&t->random, sizeof t->random, 0) != sizeof t->random || !look_up(t) ||
           !open_first(t))
    error = TAEL_E_CONNECT;
  t->random |= 1;
  if (error == TAEL_DONE)
    *out = t;
  else
    tael_close(t);
  return error;
}

void tael_close(tael *t) {
  if (t == NULL || t->in_callback) return;
  t->closing = true;
  for (size_t i = 0; i < WIRES_MAX; i++) {
    tael_wire_close(t, &t->wires[i], NULL);
    free(t->wires[i].in);
  }
  call *c;
  while ((c = tael_line_take(&t->waiting)) != NULL)
    tael_call_end(c, TAEL_E_CLOSED, NULL, 0);
  while ((c = t->spare) != NULL) {
    t->spare = c->next;
    tael_call_free(c);
  }
  if (t->addresses != NULL) freeaddrinfo(t->addresses);
  free(t->failures);
  free(t);
}

const char *tael_detail(const tael *t) { return t == NULL ? "" : t->detail; }
size_t tael_in_flight(const tael *t) { return t == NULL ? 0 : t->open; }

/* --- batches ---------------------------------------------------------------------------------- */

static void finish_batch(call *c, tael_error error, const char *body, size_t len) {
  tael *t = c->owner;
  tael_outcome o = {.ticket = c->ticket, .count = c->count, .sent = c->sent, .detail = ""};
  if (error == TAEL_DONE && !tael_answer_results(body, len, c->count, t->failures, &o)) {
    tael_say(t, "The answer to a batch is not a list of results.");
    error = TAEL_E_PROTOCOL;
  }
  o.error = error;
  if (error != TAEL_DONE) o.detail = t->detail;
  if (c->done == NULL) return;
  t->in_callback = true;
  c->done(&o, c->arg);
  t->in_callback = false;
}

/* Room in the pipeline for one more call. */
static tael_error make_room(tael *t) {
  size_t most = t->wire_count * t->depth;
  if (t->closing) return TAEL_E_CLOSED;
  if (t->open < most) return TAEL_DONE;
  if (t->in_callback) return TAEL_E_FULL;
  int64_t until = tael_now_ms() + t->timeout_ms;
  while (t->open >= most) {
    int64_t left = until - tael_now_ms();
    if (left <= 0) return TAEL_E_FULL;
    (void)tael_poll(t, (int)left);
  }
  return TAEL_DONE;
}

static tael_error open_call(tael *t, const char *path, const char *type, tael_uid key,
                            const void *body, size_t len, call **out) {
  tael_error error = make_room(t);
  if (error != TAEL_DONE) return error;
  *out = tael_call_open(t, path, type, key, body, len);
  return *out == NULL ? TAEL_E_MEMORY : TAEL_DONE;
}

/* Version 0 stands for the one this library writes. */
static void set_versions(call *c, size_t at, size_t count) {
  char *records = c->bytes + c->len - count * TAEL_RECORD_BYTES;
  for (size_t i = 0; i < count; i++) {
    char *version = records + i * TAEL_RECORD_BYTES + at;
    if (version[0] == 0 && version[1] == 0) version[0] = TAEL_RECORD_VERSION;
  }
}

tael_error tael_submit(tael *t, const tael_transfer *transfers, size_t count, tael_done *done,
                       void *arg, uint64_t *ticket) {
  call *c;
  if (t == NULL || transfers == NULL || count == 0 || count > TAEL_BATCH_MAX)
    return TAEL_E_ARGUMENT;
  tael_error error = open_call(t, "/v1/transfers/batch", "transfers", (tael_uid){0, 0}, transfers,
                               count * sizeof *transfers, &c);
  if (error != TAEL_DONE) return error;
  set_versions(c, offsetof(tael_transfer, version), count);
  c->count = (uint32_t)count;
  c->finish = finish_batch;
  c->done = done;
  c->arg = arg;
  if (ticket != NULL) *ticket = c->ticket;
  if (!t->in_callback) send_some(t, tael_now_ms());
  return TAEL_DONE;
}

static bool is_open(const tael *t, uint64_t ticket) {
  if (ticket == 0) return t->open > 0;
  for (const call *c = t->waiting.first; c != NULL; c = c->next)
    if (c->ticket == ticket) return true;
  for (size_t i = 0; i < t->wire_count; i++)
    for (const call *c = t->wires[i].sent.first; c != NULL; c = c->next)
      if (c->ticket == ticket) return true;
  return false;
}

tael_error tael_wait(tael *t, uint64_t ticket, int timeout_ms) {
  if (t == NULL || t->in_callback) return TAEL_E_ARGUMENT;
  int64_t until = timeout_ms < 0 ? INT64_MAX : tael_now_ms() + timeout_ms;
  while (is_open(t, ticket)) {
    int64_t left = until - tael_now_ms();
    if (left <= 0) return TAEL_E_TIMEOUT;
    (void)tael_poll(t, left > 60000 ? 60000 : (int)left);
  }
  return TAEL_DONE;
}

/* --- calls that wait -------------------------------------------------------------------------- */

typedef struct batch_waiter {
  tael_error error;
  tael_failure *failures;
  size_t room, count;
} batch_waiter;

static void note_batch(const tael_outcome *o, void *arg) {
  batch_waiter *w = arg;
  size_t kept = o->failure_count < w->room ? o->failure_count : w->room;
  if (kept > 0) memcpy(w->failures, o->failures, kept * sizeof *w->failures);
  w->count = o->failure_count;
  w->error = o->error;
}

tael_error tael_transfers(tael *t, const tael_transfer *transfers, size_t count,
                          tael_failure *failures, size_t room, size_t *failure_count) {
  batch_waiter w = {.failures = failures, .room = room};
  uint64_t ticket;
  if (t == NULL || t->in_callback || (failures == NULL && room > 0)) return TAEL_E_ARGUMENT;
  tael_error error = tael_submit(t, transfers, count, note_batch, &w, &ticket);
  if (error == TAEL_DONE) error = tael_wait(t, ticket, -1);
  if (error == TAEL_DONE) error = w.error;
  if (error == TAEL_DONE && failure_count != NULL) *failure_count = w.count;
  return error;
}

typedef struct record_waiter {
  tael_error error;
  void *out;
  size_t room, count; /* records */
} record_waiter;

static void note_records(call *c, tael_error error, const char *body, size_t len) {
  record_waiter *w = c->arg;
  bool fits = len % TAEL_RECORD_BYTES == 0 && len / TAEL_RECORD_BYTES <= w->room;
  w->error = error == TAEL_DONE && !fits ? TAEL_E_PROTOCOL : error;
  if (w->error != TAEL_DONE) return;
  if (len > 0) memcpy(w->out, body, len);
  w->count = len / TAEL_RECORD_BYTES;
}

static tael_error ask_records(tael *t, const char *path, const char *type, tael_uid key,
                              const void *body, size_t len, bool versions, record_waiter *w) {
  call *c;
  tael_error error = open_call(t, path, type, key, body, len, &c);
  if (error != TAEL_DONE) return error;
  if (versions) set_versions(c, offsetof(tael_account, version), w->room);
  c->finish = note_records;
  c->arg = w;
  error = tael_wait(t, c->ticket, -1);
  return error == TAEL_DONE ? w->error : error;
}

static bool is_askable(const tael *t, const void *in, size_t count, const void *out) {
  return t != NULL && !t->in_callback && in != NULL && out != NULL && count > 0 &&
         count <= TAEL_BATCH_MAX;
}

tael_error tael_open_accounts(tael *t, tael_uid key, tael_account *accounts, size_t count) {
  record_waiter w = {.out = accounts, .room = count};
  if (!is_askable(t, accounts, count, accounts)) return TAEL_E_ARGUMENT;
  if (key.low == 0 && key.high == 0) key = tael_id();
  return ask_records(t, "/v1/accounts/batch", "accounts", key, accounts, count * sizeof *accounts,
                     true, &w);
}

tael_error tael_lookup_accounts(tael *t, const int64_t *accounts, size_t count, tael_account *out,
                                size_t *found) {
  record_waiter w = {.out = out, .room = count};
  if (!is_askable(t, accounts, count, out) || found == NULL) return TAEL_E_ARGUMENT;
  tael_error error = ask_records(t, "/v1/accounts/lookup", "account-ids", (tael_uid){0, 0},
                                 accounts, count * sizeof *accounts, false, &w);
  if (error == TAEL_DONE) *found = w.count;
  return error;
}

tael_error tael_lookup_transfers(tael *t, const tael_uid *ids, size_t count, tael_transfer *out,
                                 size_t *found) {
  record_waiter w = {.out = out, .room = count};
  if (!is_askable(t, ids, count, out) || found == NULL) return TAEL_E_ARGUMENT;
  tael_error error = ask_records(t, "/v1/transfers/lookup", "transfer-ids", (tael_uid){0, 0}, ids,
                                 count * sizeof *ids, false, &w);
  if (error == TAEL_DONE) *found = w.count;
  return error;
}
