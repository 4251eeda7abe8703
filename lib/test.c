/* test.c - libtael by itself: ids, texts, answers as bytes, and a handle against a scripted peer on
 * loopback that answers well, late, wrongly or not at all. The real server is met in tests/. */
#include "inside.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- ids -------------------------------------------------------------------------------------- */
enum { IDS = 20000, ID_THREADS = 4 };

static int compare(tael_uid a, tael_uid b) {
  if (a.high != b.high) return a.high < b.high ? -1 : 1;
  return (a.low > b.low) - (a.low < b.low);
}

static int by_value(const void *a, const void *b) {
  return compare(*(const tael_uid *)a, *(const tael_uid *)b);
}

static void *make_ids(void *into) {
  tael_uid *ids = into;
  for (size_t i = 0; i < IDS; i++)
    ids[i] = tael_id();
  return NULL;
}

static void ids_rise_in_every_thread_and_are_never_given_twice(void **state) {
  (void)state;
  static tael_uid ids[ID_THREADS][IDS];
  pthread_t threads[ID_THREADS];
  for (size_t i = 0; i < ID_THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids[i]), 0);
  for (size_t i = 0; i < ID_THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (size_t i = 0; i < ID_THREADS; i++)
    for (size_t k = 1; k < IDS; k++)
      assert_true(compare(ids[i][k - 1], ids[i][k]) < 0);
  qsort(ids, ID_THREADS * IDS, sizeof ids[0][0], by_value);
  const tael_uid *all = ids[0];
  for (size_t i = 1; i < (size_t)ID_THREADS * IDS; i++)
    assert_true(compare(all[i - 1], all[i]) < 0);
}

static void a_forked_child_does_not_count_on_where_its_parent_stands(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  (void)tael_id();
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    tael_uid theirs = tael_id();
    _exit(write(ends[1], &theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
  }
  tael_uid ours = tael_id(), theirs;
  assert_int_equal(read(ends[0], &theirs, sizeof theirs), sizeof theirs);
  assert_int_equal(waitpid(child, NULL, 0), child);
  uint64_t apart = ours.low > theirs.low ? ours.low - theirs.low : theirs.low - ours.low;
  assert_true(ours.high != theirs.high || apart > IDS);
  close(ends[0]);
  close(ends[1]);
}

static void ids_and_accounts_survive_their_text(void **state) {
  (void)state;
  char text[TAEL_UID_TEXT], account[TAEL_ACCOUNT_TEXT];
  tael_uid id = {.low = 0xfedcba9876543210, .high = 0x0123456789abcdef}, back = {0, 0};
  tael_uid_print(id, text);
  assert_string_equal(text, "0123456789abcdeffedcba9876543210");
  assert_true(tael_uid_parse("0123456789ABCDEFfedcba9876543210", &back));
  assert_int_equal(compare(id, back), 0);
  assert_false(tael_uid_parse("0123456789abcdeffedcba987654321", &back));
  assert_false(tael_uid_parse("0123456789abcdeffedcba987654321g", &back));
  int64_t number = 0;
  tael_account_print(1234567890123456789, account);
  assert_true(tael_account_parse(account, &number));
  assert_true(number == 1234567890123456789);
  assert_true(tael_account_parse("acc_0000000000001", &number) && number == 1);
  assert_false(tael_account_parse("acc_8000000000001", &number));
  assert_false(tael_account_parse("acc_000000000000l", &number));
  assert_false(tael_account_parse("usr_0000000000001", &number));
  assert_false(tael_account_parse("acc_0000000000000", &number));
  assert_int_equal(number, 1);
}

static void every_error_and_result_has_a_sentence(void **state) {
  (void)state;
  for (int e = 0; e <= TAEL_E_REFUSED; e++)
    assert_true(strlen(tael_error_text((tael_error)e)) > 3);
  for (uint32_t r = 0; r < 64; r++)
    assert_true(strlen(tael_result_text(r)) > 3 && strcmp(tael_result_slug(r), "unknown") != 0);
  assert_string_equal(tael_result_slug(9999), "unknown");
  assert_true(tael_result_succeeded(TAEL_RESULT_EXISTS));
  assert_false(tael_result_succeeded(TAEL_RESULT_EXCEEDS_CREDITS));
}

/* --- answers ---------------------------------------------------------------------------------- */

static answer_event read_text(const char *text, answer *a) {
  return tael_answer_read(text, strlen(text), a);
}

static void an_answer_is_whole_when_its_length_is_there(void **state) {
  (void)state;
  const char *whole = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 7\r\n"
                      "Connection: close\r\nContent-Length: 5\r\n\r\nhello";
  answer a;
  assert_int_equal(read_text(whole, &a), ANSWER_WHOLE);
  assert_int_equal(a.status, 503);
  assert_int_equal(a.retry_after_s, 7);
  assert_int_equal(a.body_len, 5);
  assert_true(a.closes);
  for (size_t len = 0; len < strlen(whole); len++)
    assert_int_equal(tael_answer_read(whole, len, &a), ANSWER_MORE);
}

static void an_answer_that_is_odd_is_refused(void **state) {
  (void)state;
  const char *odd[] = {"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
                       "HTTP/1.1 200 OK\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
  answer a;
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    assert_int_equal(read_text(odd[i], &a), ANSWER_BAD);
}

static void a_problem_is_told_by_its_first_field(void **state) {
  (void)state;
  char out[DETAIL_MAX];
  const char *problem = "{\"code\":\"malformed\",\"detail\":\"whole\",\"errors\":"
                        "[{\"pointer\":\"/3/version\",\"detail\":\"one \\\"1\\\" please\"}]}";
  tael_answer_detail(problem, strlen(problem), out);
  assert_string_equal(out, "/3/version: one \"1\" please");
  tael_answer_detail("{\"detail\":\"only\"}", 17, out);
  assert_string_equal(out, "only");
  tael_answer_detail("<html>", 6, out);
  assert_string_equal(out, "");
}

static void results_that_do_not_add_up_are_refused(void **state) {
  (void)state;
  uint32_t good[] = {1, 3, 1, 2, 0, TAEL_RESULT_EXISTS, 2, TAEL_RESULT_EXCEEDS_CREDITS};
  tael_failure into[8];
  tael_outcome o;
  assert_true(tael_answer_results((char *)good, sizeof good, 3, into, &o));
  assert_int_equal(o.accepted, 1);
  assert_int_equal(o.failures[1].index, 2);
  assert_false(tael_answer_results((char *)good, sizeof good, 4, into, &o));
  assert_false(tael_answer_results((char *)good, sizeof good - 1, 3, into, &o));
  const uint32_t wrong[][2] = {{0, 2}, {2, 2}, {3, 3}, {4, 3}, {5, 0}, {6, 0}, {3, 1u << 31}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    uint32_t bad[8];
    memcpy(bad, good, sizeof bad);
    bad[wrong[i][0]] = wrong[i][1];
    assert_false(tael_answer_results((char *)bad, sizeof bad, 3, into, &o));
  }
}

/* --- a scripted peer -------------------------------------------------------------------------- */
typedef enum act {
  ACT_ACCEPT,  /* all of the batch */
  ACT_EXISTS,  /* the first was there before */
  ACT_DROP,    /* read the request, answer nothing, close */
  ACT_CUT,     /* half an answer, close */
  ACT_BUSY,    /* 503, try again */
  ACT_NO_KEY,  /* 401 */
  ACT_RUBBISH, /* no HTTP */
  ACT_LIE,     /* 200 with a body that is no result */
  ACT_SILENT,  /* read on, never answer */
} act;

typedef struct peer {
  int listener;
  char address[32];
  act acts[16];
  size_t act_count, done; /* requests seen */
  tael_uid first_ids[16]; /* of each request's first record */
  pthread_t thread;
} peer;

static bool read_exactly(int fd, char *into, size_t len) {
  for (size_t at = 0; at < len;) {
    ssize_t n = recv(fd, into + at, len - at, 0);
    if (n <= 0) return false;
    at += (size_t)n;
  }
  return true;
}

/* Reads one request; how many records it had, 0 at the end. */
static size_t read_request(peer *p, int fd) {
  char head[2048];
  static char body[TAEL_BATCH_MAX * TAEL_RECORD_BYTES];
  size_t len = 0;
  do {
    if (len + 1 >= sizeof head || !read_exactly(fd, head + len, 1)) return 0;
    head[++len] = 0;
  } while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0);
  const char *length = strstr(head, "Content-Length: ");
  assert_non_null(length);
  size_t wanted = strtoul(length + 16, NULL, 10);
  assert_true(wanted <= sizeof body);
  if (!read_exactly(fd, body, wanted)) return 0;
  if (p->done < 16) memcpy(&p->first_ids[p->done], body, sizeof(tael_uid));
  return wanted / TAEL_RECORD_BYTES;
}

static void say_text(int fd, const char *text) {
  ssize_t n = send(fd, text, strlen(text), MSG_NOSIGNAL);
  (void)n;
}

static void say_results(int fd, uint32_t count, uint32_t listed) {
  uint32_t body[6] = {1, count, count - listed, listed, 0, TAEL_RESULT_EXISTS};
  char bytes[256];
  size_t len = 16 + 8 * (size_t)listed;
  int head = snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
  memcpy(bytes + head, body, len);
  ssize_t n = send(fd, bytes, (size_t)head + len, MSG_NOSIGNAL);
  (void)n;
}

/* false: the connection is over. */
static bool play(int fd, act what, size_t count) {
  switch (what) {
  case ACT_ACCEPT: say_results(fd, (uint32_t)count, 0); return true;
  case ACT_EXISTS: say_results(fd, (uint32_t)count, 1); return true;
  case ACT_BUSY: say_text(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"); return true;
  case ACT_NO_KEY:
    say_text(fd, "HTTP/1.1 401 No\r\nContent-Length: 20\r\n\r\n{\"detail\":\"no key.\"}");
    return true;
  case ACT_CUT: say_text(fd, "HTTP/1.1 200 OK\r\nContent-Le"); return false;
  case ACT_RUBBISH: say_text(fd, "220 mail.example.com ESMTP\r\n\r\n"); return false;
  case ACT_LIE: say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"); return true;
  case ACT_SILENT: return true;
  case ACT_DROP: break;
  }
  return false;
}

static void *serve(void *arg) {
  peer *p = arg;
  int fd;
  while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
    size_t count;
    bool goes_on = true;
    while (goes_on && (count = read_request(p, fd)) > 0) {
      act what = p->acts[p->done < p->act_count ? p->done : p->act_count - 1];
      p->done++;
      goes_on = play(fd, what, count);
    }
    close(fd);
  }
  return NULL;
}

static void open_peer(peer *p, const act *acts, size_t count) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  *p = (peer){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .act_count = count};
  memcpy(p->acts, acts, count * sizeof *acts);
  assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(p->listener, 16), 0);
  assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &len), 0);
  snprintf(p->address, sizeof p->address, "127.0.0.1:%d", ntohs(at.sin_port));
  assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void close_peer(peer *p) {
  shutdown(p->listener, SHUT_RDWR);
  close(p->listener);
  assert_int_equal(pthread_join(p->thread, NULL), 0);
}

static tael *open_handle(const peer *p, unsigned depth, int timeout_ms) {
  tael_options o = {.address = p->address,
                    .key = "tk_test",
                    .connections = 1,
                    .depth = depth,
                    .connect_timeout_ms = 600000,
                    .timeout_ms = timeout_ms};
  tael *t;
  assert_int_equal(tael_connect(&o, &t), TAEL_DONE);
  return t;
}

typedef struct heard {
  tael_outcome last;
  size_t count;
  uint64_t order[16];
  tael *again; /* submit once more from the callback */
  tael_error refused;
} heard;

static tael_transfer sample(void) { return (tael_transfer){.id = tael_id(), .amount = 1}; }

static void hear(const tael_outcome *o, void *arg) {
  heard *h = arg;
  h->last = *o;
  h->order[h->count++ % 16] = o->ticket;
  if (h->again == NULL) return;
  tael_transfer x = sample();
  tael *t = h->again;
  h->again = NULL;
  assert_int_equal(tael_submit(t, &x, 1, hear, h, NULL), TAEL_DONE);
  h->refused = tael_wait(t, 0, 0);
}

#define PLAY(p, ...)                  \
  const act script[] = {__VA_ARGS__}; \
  peer p;                             \
  open_peer(&p, script, sizeof script / sizeof script[0])

/* --- a handle --------------------------------------------------------------------------------- */

static void batches_sent_ahead_are_answered_in_their_order(void **state) {
  (void)state;
  PLAY(p, ACT_ACCEPT);
  tael *t = open_handle(&p, 4, 0);
  heard h = {.count = 0};
  uint64_t tickets[10];
  for (size_t i = 0; i < 10; i++) {
    tael_transfer x[3] = {sample(), sample(), sample()};
    assert_int_equal(tael_submit(t, x, 3, hear, &h, &tickets[i]), TAEL_DONE);
    assert_in_range(tael_in_flight(t), 0, 4);
  }
  assert_int_equal(tael_wait(t, 0, -1), TAEL_DONE);
  assert_int_equal(h.count, 10);
  assert_memory_equal(h.order, tickets, sizeof tickets);
  assert_true(h.last.error == TAEL_DONE && h.last.accepted == 3 && h.last.sent == 1);
  assert_int_equal(tael_poll(t, 0), 0);
  tael_close(t);
  close_peer(&p);
}

static void a_batch_whose_answer_is_lost_is_sent_again_with_its_ids(void **state) {
  (void)state;
  PLAY(p, ACT_DROP, ACT_CUT, ACT_RUBBISH, ACT_BUSY, ACT_EXISTS);
  tael *t = open_handle(&p, 2, 0);
  heard h = {.count = 0};
  tael_transfer x[2] = {sample(), sample()};
  assert_int_equal(tael_submit(t, x, 2, hear, &h, NULL), TAEL_DONE);
  assert_int_equal(tael_wait(t, 0, -1), TAEL_DONE);
  assert_int_equal(h.last.error, TAEL_DONE);
  assert_int_equal(h.last.sent, 5);
  assert_int_equal(h.last.accepted, 1);
  assert_int_equal(h.last.failure_count, 1);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(compare(p.first_ids[i], x[0].id), 0);
  tael_close(t);
  close_peer(&p);
}

/* Were it held back until the connect timeout, its own would end the batch first. */
static void a_connection_that_worked_is_opened_again_at_once(void **state) {
  (void)state;
  PLAY(p, ACT_ACCEPT, ACT_DROP, ACT_ACCEPT);
  tael *t = open_handle(&p, 1, 30000);
  tael_transfer x = sample();
  size_t count = 1;
  assert_int_equal(tael_transfers(t, &x, 1, NULL, 0, NULL), TAEL_DONE);
  assert_int_equal(tael_transfers(t, &x, 1, NULL, 0, &count), TAEL_DONE);
  assert_int_equal(count, 0);
  tael_close(t);
  close_peer(&p);
}

static void what_the_server_refuses_is_told_and_not_repeated(void **state) {
  (void)state;
  PLAY(p, ACT_NO_KEY, ACT_LIE, ACT_EXISTS);
  tael *t = open_handle(&p, 1, 0);
  tael_transfer x = sample();
  tael_failure failures[1];
  size_t count = 0;
  assert_int_equal(tael_transfers(t, &x, 1, failures, 1, &count), TAEL_E_KEY);
  assert_string_equal(tael_detail(t), "no key.");
  assert_int_equal(tael_transfers(t, &x, 1, failures, 1, &count), TAEL_E_PROTOCOL);
  assert_int_equal(tael_transfers(t, &x, 1, failures, 1, &count), TAEL_DONE);
  assert_int_equal(count, 1);
  assert_int_equal(failures[0].result, TAEL_RESULT_EXISTS);
  assert_int_equal(p.done, 3);
  tael_close(t);
  close_peer(&p);
}

static void a_batch_that_nobody_answers_ends_by_its_time_limit(void **state) {
  (void)state;
  PLAY(p, ACT_SILENT);
  tael *t = open_handle(&p, 1, 50);
  tael_transfer x = sample();
  assert_int_equal(tael_transfers(t, &x, 1, NULL, 0, NULL), TAEL_E_TIMEOUT);
  assert_int_equal(tael_in_flight(t), 0);
  tael_close(t);
  close_peer(&p);
}

static void a_callback_may_submit_but_not_wait(void **state) {
  (void)state;
  PLAY(p, ACT_ACCEPT);
  tael *t = open_handle(&p, 1, 0);
  heard h = {.again = t};
  tael_transfer x = sample();
  assert_int_equal(tael_submit(t, &x, 1, hear, &h, NULL), TAEL_DONE);
  assert_int_equal(tael_wait(t, 0, -1), TAEL_DONE);
  assert_int_equal(h.count, 2);
  assert_int_equal(h.refused, TAEL_E_ARGUMENT);
  tael_close(t);
  close_peer(&p);
}

static void closing_a_handle_ends_what_is_under_way(void **state) {
  (void)state;
  PLAY(p, ACT_SILENT);
  tael *t = open_handle(&p, 3, 0);
  heard h = {.count = 0};
  for (size_t i = 0; i < 3; i++) {
    tael_transfer x = sample();
    assert_int_equal(tael_submit(t, &x, 1, hear, &h, NULL), TAEL_DONE);
  }
  tael_close(t);
  assert_int_equal(h.count, 3);
  assert_int_equal(h.last.error, TAEL_E_CLOSED);
  close_peer(&p);
}

static void wrong_options_and_calls_are_refused(void **state) {
  (void)state;
  const char *addresses[] = {"",         "localhost", "localhost:", ":80",
                             "h:123456", "h:8o",      "h:80/x",     "a b:80"};
  tael *t = NULL;
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    tael_options o = {.address = addresses[i], .key = "k"};
    assert_int_equal(tael_connect(&o, &t), TAEL_E_ARGUMENT);
  }
  tael_options no_key = {.address = "127.0.0.1:1"}, split = {"127.0.0.1:1", "a\r\nb", 0, 0, 0, 0};
  tael_options many = {.address = "127.0.0.1:1", .key = "k", .connections = 17};
  tael_options nobody = {.address = "127.0.0.1:1", .key = "k", .connect_timeout_ms = 50};
  assert_int_equal(tael_connect(&no_key, &t), TAEL_E_ARGUMENT);
  assert_int_equal(tael_connect(&split, &t), TAEL_E_ARGUMENT);
  assert_int_equal(tael_connect(&many, &t), TAEL_E_ARGUMENT);
  assert_int_equal(tael_connect(NULL, &t), TAEL_E_ARGUMENT);
  assert_int_equal(tael_connect(&nobody, &t), TAEL_E_CONNECT);
  assert_null(t);
  tael_transfer x = sample();
  assert_int_equal(tael_submit(NULL, &x, 1, NULL, NULL, NULL), TAEL_E_ARGUMENT);
  tael_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_rise_in_every_thread_and_are_never_given_twice),
      cmocka_unit_test(a_forked_child_does_not_count_on_where_its_parent_stands),
      cmocka_unit_test(ids_and_accounts_survive_their_text),
      cmocka_unit_test(every_error_and_result_has_a_sentence),
      cmocka_unit_test(an_answer_is_whole_when_its_length_is_there),
      cmocka_unit_test(an_answer_that_is_odd_is_refused),
      cmocka_unit_test(a_problem_is_told_by_its_first_field),
      cmocka_unit_test(results_that_do_not_add_up_are_refused),
      cmocka_unit_test(batches_sent_ahead_are_answered_in_their_order),
      cmocka_unit_test(a_batch_whose_answer_is_lost_is_sent_again_with_its_ids),
      cmocka_unit_test(a_connection_that_worked_is_opened_again_at_once),
      cmocka_unit_test(what_the_server_refuses_is_told_and_not_repeated),
      cmocka_unit_test(a_batch_that_nobody_answers_ends_by_its_time_limit),
      cmocka_unit_test(a_callback_may_submit_but_not_wait),
      cmocka_unit_test(closing_a_handle_ends_what_is_under_way),
      cmocka_unit_test(wrong_options_and_calls_are_refused),
  };
  return cmocka_run_group_tests_name("libtael", tests, NULL, NULL);
}
