/* test.c - what the connector makes of a bank that is away, cuts off, or talks nonsense: never a
 * guess. */
#include "base/testing.h"
#include "modules/channels/channels.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A peer that answers each connection with the same bytes and closes it. */
typedef struct peer {
  int listener, port;
  const char *answer;
  pthread_t thread;
} peer;

static void *peer_main(void *arg) {
  const peer *p = arg;
  char heard[4096];
  for (int fd; (fd = accept(p->listener, NULL, NULL)) >= 0; close(fd)) {
    if (recv(fd, heard, sizeof heard, 0) <= 0) continue;
    if (send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL) < 0) continue;
  }
  return NULL;
}

static void peer_open(peer *p, const char *answer) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  *p = (peer){.listener = socket(AF_INET, SOCK_STREAM, 0), .answer = answer};
  assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(p->listener, 4), 0);
  assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &len), 0);
  p->port = ntohs(at.sin_port);
  assert_int_equal(pthread_create(&p->thread, NULL, peer_main, p), 0);
}

static void peer_close(peer *p) {
  shutdown(p->listener, SHUT_RDWR);
  pthread_join(p->thread, NULL);
  close(p->listener);
}

static channel_ask sale_at(ctx *c, int port) {
  return (channel_ask){.attempt_id = id_next(c),
                       .kind = ATTEMPT_SALE,
                       .channel = 1,
                       .amount = 100,
                       .currency = ASSET_CNY,
                       .token = STR("tok"),
                       .instalments = 1,
                       .at = c->now,
                       .url = str_format(c->arena, "http://127.0.0.1:%d", port)};
}

#define REPLY(body) \
  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body

static void only_a_plain_answer_is_taken_for_one(void **state) {
  UNUSED(state);
  static const struct {
    const char *answer;
    channel_outcome outcome;
  } cases[] = {
      {REPLY("{\"outcome\":\"approved\",\"channel_ref\":\"b1\",\"amount\":100,\"fee\":2}"),
       OUTCOME_APPROVED},
      {REPLY("{\"outcome\":\"declined\",\"reason\":\"no\"}"), OUTCOME_DECLINED},
      {REPLY("{\"outcome\":\"perhaps\"}"), OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":7}"), OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":\"approved\""), OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":\"approved\",\"amount\":9223372036854775807}"), OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":\"approved\",\"amount\":-100}"), OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":\"approved\",\"amount\":100,\"fee\":9007199254740993}"),
       OUTCOME_UNKNOWN},
      {REPLY("{\"outcome\":\"approved\",\"amount\":\"100\"}"), OUTCOME_UNKNOWN},
      {REPLY("approved"), OUTCOME_UNKNOWN},
      {REPLY(""), OUTCOME_UNKNOWN},
      {"HTTP/1.1 500 Oops\r\nContent-Length: 24\r\n\r\n{\"outcome\":\"approved\"}  ",
       OUTCOME_UNKNOWN},
      {"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"outcome\":\"approved\"}", OUTCOME_UNKNOWN},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
       OUTCOME_UNKNOWN},
      {"nonsense", OUTCOME_UNKNOWN},
  };
  const connector *bank = payment_connector(STR("bank-sim"));
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    instant clock = MICROS_PER_SECOND;
    ctx *c = test_ctx_open(&clock);
    peer p;
    peer_open(&p, cases[i].answer);
    channel_ask ask = sale_at(c, p.port);
    channel_answer answer;
    assert_int_equal(bank->authorise(c, bank, &ask, &answer), OK);
    if (answer.outcome != cases[i].outcome) print_error("case %zu\n", i);
    assert_int_equal(answer.outcome, cases[i].outcome);
    peer_close(&p);
    test_ctx_close(c);
  }
}

static void a_query_of_what_never_arrived_says_so(void **state) {
  UNUSED(state);
  instant clock = MICROS_PER_SECOND;
  ctx *c = test_ctx_open(&clock);
  peer p;
  peer_open(&p, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
  const connector *bank = payment_connector(STR("bank-sim"));
  channel_ask ask = sale_at(c, p.port);
  channel_answer answer;
  assert_int_equal(bank->query(c, bank, &ask, &answer), OK);
  assert_int_equal(answer.outcome, OUTCOME_ABSENT);
  peer_close(&p);
  test_ctx_close(c);
}

static void nobody_there_means_nothing_was_sent(void **state) {
  UNUSED(state);
  instant clock = MICROS_PER_SECOND;
  ctx *c = test_ctx_open(&clock);
  const connector *bank = payment_connector(STR("bank-sim"));
  channel_ask ask = sale_at(c, 1);
  channel_answer answer;
  assert_int_equal(bank->authorise(c, bank, &ask, &answer), E_CHANNEL);
  assert_null(payment_connector(STR("no-such-kind")));
  test_ctx_close(c);
}

int main(void) {
  channels_register();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_a_plain_answer_is_taken_for_one),
      cmocka_unit_test(a_query_of_what_never_arrived_says_so),
      cmocka_unit_test(nobody_there_means_nothing_was_sent),
  };
  return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
