/* test.c - the wire formats against what their standards print. */
#include "wire/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* ctx.h has the word */

/* The example of the Standard Webhooks reference libraries. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
static const webhook_message example = {
    {"msg_p5jXN8AQM9LWM0D4loKWxJek", 28}, 1614265330, {"{\"test\": 2432232314}", 20}};

static webhook_secret secret_of(const char *text) {
  webhook_secret s;
  assert_true(webhook_secret_parse(str_from(text), &s));
  return s;
}

static void the_reference_example_is_signed_alike(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  webhook_secret secret = secret_of(SECRET);
  assert_true(str_eq(webhook_sign(a, &secret, 1, &example), STR(SIGNATURE)));
  assert_true(str_eq(webhook_secret_print(a, &secret), STR(SECRET)));
  assert_true(webhook_verify(a, &secret, 1, &example, STR(SIGNATURE), example.timestamp_s));
  arena_close(a);
}

static void any_changed_part_breaks_the_signature(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  webhook_secret secret = secret_of(SECRET), other = secret;
  other.bytes[0] ^= 1;
  webhook_message id_changed = example, time_changed = example, body_changed = example;
  id_changed.id = STR("msg_other");
  time_changed.timestamp_s++;
  body_changed.body = STR("{\"test\": 2432232315}");
  int64_t now_s = example.timestamp_s;
  assert_false(webhook_verify(a, &secret, 1, &id_changed, STR(SIGNATURE), now_s));
  assert_false(webhook_verify(a, &secret, 1, &time_changed, STR(SIGNATURE), now_s));
  assert_false(webhook_verify(a, &secret, 1, &body_changed, STR(SIGNATURE), now_s));
  assert_false(webhook_verify(a, &other, 1, &example, STR(SIGNATURE), now_s));
  assert_false(webhook_verify(a, &secret, 1, &example, STR("v1,AAAA v2,g0hM v1a v1, ="), now_s));
  assert_false(webhook_verify(a, &secret, 1, &example, (str){0}, now_s));
  arena_close(a);
}

static void a_message_too_old_or_too_new_is_refused(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  webhook_secret secret = secret_of(SECRET);
  int64_t at = example.timestamp_s;
  assert_true(webhook_verify(a, &secret, 1, &example, STR(SIGNATURE), at + WEBHOOK_TOLERANCE_S));
  assert_false(
      webhook_verify(a, &secret, 1, &example, STR(SIGNATURE), at + WEBHOOK_TOLERANCE_S + 1));
  assert_false(
      webhook_verify(a, &secret, 1, &example, STR(SIGNATURE), at - WEBHOOK_TOLERANCE_S - 1));
  assert_false(webhook_verify(a, &secret, 1, &example, STR(SIGNATURE), INT64_MIN));
  arena_close(a);
}

static void while_a_secret_is_changed_both_verify(void **state) {
  UNUSED(state);
  arena *a = arena_open(1 << 20);
  webhook_secret both[2] = {secret_of(SECRET), secret_of("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")};
  str header = webhook_sign(a, both, 2, &example);
  for (size_t i = 0; i < 2; i++) {
    assert_true(webhook_verify(a, &both[i], 1, &example, header, example.timestamp_s));
  }
  webhook_secret gone[2] = {both[0], {.len = 0}};
  assert_true(str_eq(webhook_sign(a, gone, 2, &example), STR(SIGNATURE)));
  arena_close(a);
}

static void a_secret_has_one_text_and_24_to_64_bytes(void **state) {
  UNUSED(state);
  webhook_secret s;
  const char *bad[] = {"",
                       "whsec_",
                       "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La",
                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa=w",
                       "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa w"};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    assert_false(webhook_secret_parse(str_from(bad[i]), &s));
  arena *a = arena_open(1 << 20);
  webhook_secret longest = {.len = WEBHOOK_SECRET_MAX};
  assert_true(webhook_secret_parse(webhook_secret_print(a, &longest), &s));
  assert_int_equal(s.len, WEBHOOK_SECRET_MAX);
  arena_close(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_reference_example_is_signed_alike),
      cmocka_unit_test(any_changed_part_breaks_the_signature),
      cmocka_unit_test(a_message_too_old_or_too_new_is_refused),
      cmocka_unit_test(while_a_secret_is_changed_both_verify),
      cmocka_unit_test(a_secret_has_one_text_and_24_to_64_bytes),
  };
  return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
