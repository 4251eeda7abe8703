/* talk.c - how the simulation's clients speak to the program: requests as bytes, several at once,
 * answers that get lost, twins, repeats under the same key after whatever went wrong. It promises
 * that a request is repeated until it has a definite answer, that what was acknowledged once reads
 * the same when asked again, and that the model hears of answers in the order they were given. */
#include "cli/sim/sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 200, REQUEST_MAX = 4096, READS_WHEN_FULL = 4 };

/* --- members of answers ----------------------------------------------------------------------- */

json_t *j_at(const json_t *j, const char *path) {
  char name[64];
  while (j != NULL && *path != '\0') {
    size_t len = strcspn(path, ".");
    if (len >= sizeof name) return NULL;
    memcpy(name, path, len);
    name[len] = '\0';
    j = json_is_array(j) ? json_array_get(j, (size_t)atoll(name)) : json_object_get(j, name);
    path += path[len] == '.' ? len + 1 : len;
  }
  return (json_t *)(uintptr_t)j;
}

int64_t j_int(const json_t *j, const char *path) { return json_integer_value(j_at(j, path)); }
bool j_true(const json_t *j, const char *path) { return json_is_true(j_at(j, path)); }
const char *j_text(const json_t *j, const char *path) {
  const char *text = json_string_value(j_at(j, path));
  return text == NULL ? "" : text;
}

/* --- one exchange ----------------------------------------------------------------------------- */

static str print_request(world *w, const ask *a) {
  buf b = buf_make(w->scratch, REQUEST_MAX);
  buf_format(&b, "%s %s HTTP/1.1\r\nHost: sim\r\n", a->method, a->path);
  if (a->who != NULL) buf_format(&b, "Authorization: Bearer %s\r\n", a->who);
  if (a->number != 0) buf_format(&b, "Idempotency-Key: k%lld\r\n", (long long)a->number);
  if (a->body[0] != '\0')
    buf_format(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(a->body));
  buf_format(&b, "\r\n%s", a->body);
  return buf_str(&b);
}

static int status_of(str answer) {
  int64_t number = 0;
  if (answer.len < 12 || !str_to_int((str){answer.at + 9, 3}, &number)) return 500;
  return (int)number;
}

static str body_of(str answer) {
  const char *end = memmem(answer.at, answer.len, "\r\n\r\n", 4);
  if (end == NULL) return (str){answer.at, 0};
  end += 4;
  return (str){end, answer.len - (size_t)(end - answer.at)};
}

static void release_json(void *value) { json_decref(value); }

static json_t *parse(world *w, str answer) {
  str body = body_of(answer);
  json_t *json = json_loadb(body.at, body.len, JSON_DECODE_ANY, NULL);
  if (json != NULL) arena_hook(w->step, release_json, json);
  return json;
}

/* Anything else may have happened or not: it has to be asked again. */
static bool is_definite(int code) {
  return (code >= 200 && code < 500) && code != 408 && code != 429;
}

static bool exchange_bytes(world *w, ask *const *asks, size_t count, str *answers) {
  str requests[HANDLE_MAX];
  ctx c;
  arena_reset(w->scratch);
  for (size_t i = 0; i < count; i++)
    requests[i] = print_request(w, asks[i]);
  bool other = w->second != NULL && chance(w, 2); /* the planted second writer */
  engine_ctx((other ? w->second : w->app)->engine, w->scratch, &c);
  world_enters(w);
  status s = http_handle_many(&c, other ? w->second_http : w->http, requests, answers, count);
  world_leaves(w);
  return s == OK;
}

static void add_to_digest(world *w, str answer) {
  w->digest = sha256_of_two(w->digest.bytes, sizeof w->digest.bytes, answer.at, answer.len);
  w->answers++;
}

/* --- repeating -------------------------------------------------------------------------------- */

/* The planted fault: what was stored under the keys is gone. */
static void forget_answers(world *w) {
  ctx c;
  db *d = NULL;
  engine_ctx(w->app->engine, w->scratch, &c);
  if (db_open(&c, STR("sqlite:/sim.db"), DB_WRITE, "tael-sim", &d) != OK) return;
  status s = db_run0(&c, d, "delete from engine_key");
  UNUSED(s);
  db_close(d);
}

/* Of a user's answer, what comes before the personal data; 0: it is no user's. */
static size_t head_of_user(str body) {
  if (!str_starts(body, STR("{\"user\":\"usr_"))) return 0;
  const char *at = memmem(body.at, body.len, "\"name\":", 7);
  return at == NULL ? 0 : (size_t)(at - body.at);
}

/* Names and addresses are not kept with an answer: given again it has them empty. */
static bool is_same(str before, str now) {
  size_t head = head_of_user(before);
  if (str_eq(before, now)) return true;
  return head > 0 && head == head_of_user(now) && memcmp(before.at, now.at, head) == 0;
}

/* Sends what was answered once more, as a client does that lost the answer. */
static void send_twin(world *w, ask *a) {
  ask twin = *a;
  ask *list[] = {&twin};
  str answer;
  if (w->plant == PLANT_DOUBLE && chance(w, 2)) forget_answers(w);
  w->twins++;
  for (int i = 0; i < TRIES_MAX && !w->failed; i++) {
    bool sent = exchange_bytes(w, list, 1, &answer);
    world_repair(w, i);
    if (world_is_dead(w)) {
      world_restart(w);
    } else if (sent && is_definite(status_of(answer))) {
      str before = body_of(a->answer), now = body_of(answer);
      add_to_digest(w, answer);
      w->replayed++;
      if (status_of(answer) != a->status || !is_same(before, now))
        world_fail(w,
                   "%s %s was acknowledged with %d %.*s, and the same request again with %d %.*s",
                   a->method, a->path, a->status, (int)(before.len < 150 ? before.len : 150),
                   before.at, status_of(answer), (int)(now.len < 150 ? now.len : 150), now.at);
      return;
    }
  }
  world_fail(w, "%s %s gets no answer when sent again", a->method, a->path);
}

static void trace(const world *w, const ask *a, str answer) {
  if (w->trace == NULL) return;
  str body = body_of(answer);
  fprintf(w->trace, "%lld [%lld] %s %s %s -> %d %.*s\n", (long long)w->op, (long long)w->real,
          a->method, a->path, a->body, status_of(answer), (int)(body.len < 400 ? body.len : 400),
          body.at);
}

static void take_answer(world *w, ask *a, str answer, size_t *order) {
  a->status = status_of(answer);
  trace(w, a, answer);
  if (!is_definite(a->status)) {
    w->refuses = a->status == 500;
    if (a->status == 500)
      world_fail(w, "%s %s: 500 %.*s", a->method, a->path, (int)body_of(answer).len,
                 body_of(answer).at);
    a->status = 0;
    return;
  }
  a->answer = str_copy(w->step, answer);
  a->json = parse(w, a->answer);
  a->order = (*order)++;
  add_to_digest(w, answer);
}

/* A full disk: reads go on, writes are refused cleanly and nothing breaks; then there is room. */
static void make_room(world *w, const ask *asks, size_t count) {
  size_t refused = 0;
  for (size_t i = 0; i < count; i++)
    refused += asks[i].status == 0;
  if (refused == 0) return;
  if (w->broken) world_fail(w, "a full disk ended the program");
  if (strcmp(asks[0].method, "GET") == 0) world_fail(w, "%s can't be read", asks[0].path);
  w->full = false;
  /* The model has not heard of those of this step that were answered. */
  for (int i = 0; refused == count && i < READS_WHEN_FULL && !w->failed; i++)
    audit_some(w);
  fault_vfs_limit_bytes(w->disk, -1);
}

/* Together at first. What is left in doubt is asked again one after the other, as it was asked, so
 * that answers come in the order in which things were done, whether then or now. */
static void send_until_answered(world *w, ask *asks, size_t count) {
  size_t order = 0;
  for (int tries = 0; tries < TRIES_MAX && !w->failed; tries++) {
    ask *open[GROUP_MAX];
    str answers[GROUP_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
      if (asks[i].status == 0 && (tries == 0 || n == 0)) open[n++] = &asks[i];
    }
    if (n == 0) return;
    if (exchange_bytes(w, open, n, answers)) {
      for (size_t i = 0; i < n; i++)
        take_answer(w, open[i], answers[i], &order);
    }
    world_repair(w, tries);
    if (w->full) make_room(w, asks, count);
    if (world_is_dead(w)) world_restart(w);
  }
  w->refuses = w->refuses || !w->failed;
  world_fail(w, "%s %s gets no answer", asks[0].method, asks[0].path);
}

static void apply_in_order(world *w, ask *asks, size_t count) {
  for (size_t order = 0; order < count && !w->failed; order++) {
    for (size_t i = 0; i < count; i++) {
      ask *a = &asks[i];
      if (a->order != order || a->status == 0) continue;
      w->refused += a->status >= 400;
      if (a->apply != NULL)
        a->apply(w, a);
      else if (a->status >= 300)
        world_fail(w, "%s %s %s: refused with %.*s", a->method, a->path, a->body,
                   (int)body_of(a->answer).len, body_of(a->answer).at);
    }
  }
}

bool world_send(world *w, ask *asks, size_t count) {
  for (size_t i = 0; i < count; i++) {
    asks[i].status = 0;
    asks[i].number = asks[i].keyless ? 0 : ++w->keys;
  }
  send_until_answered(w, asks, count);
  for (size_t i = 0; i < count && !w->failed; i++) {
    if (asks[i].status < 300 && asks[i].number != 0 && !asks[i].is_secret && chance(w, 6))
      send_twin(w, &asks[i]);
  }
  apply_in_order(w, asks, count);
  return !w->failed;
}

json_t *world_get(world *w, const char *who, int *code, const char *format, ...) {
  ask a = {.who = who, .method = "GET"};
  va_list args;
  va_start(args, format);
  vsnprintf(a.path, sizeof a.path, format, args);
  va_end(args);
  send_until_answered(w, &a, 1);
  *code = a.status;
  return a.status == 200 ? a.json : NULL;
}
