/* fuzz_frames.c - the bytes of both ends of the binary endpoint. The first byte says who reads: the
 * server its bodies (what is taken must be what comes out again), or the client an answer, its
 * problem document and its results (what is taken must add up). */
#include "target.h"
#include "lib/inside.h"
#include "modules/books/frames.h"
#include <string.h>

static void check_transfers(ctx *c, str body) {
  transfer *all;
  size_t count;
  if (frame_read_transfers(c, body, &all, &count) != OK) {
    assert(c->fault.field_count == 1);
    return;
  }
  assert(count * TRANSFER_RECORD_BYTES == body.len);
  for (size_t i = 0; i < count; i++) {
    uint8_t again[TRANSFER_RECORD_BYTES];
    ledger_encode(&all[i], again);
    assert(memcmp(again, body.at + i * sizeof again, sizeof again) == 0);
  }
}

static void check_accounts(ctx *c, str body) {
  account_in *all;
  size_t count;
  if (frame_read_accounts(c, body, &all, &count) != OK) return;
  assert(count * ACCOUNT_RECORD_BYTES == body.len);
  for (size_t i = 0; i < count; i++)
    assert(all[i].asset > 0 && all[i].owner >= 0 && all[i].allowance >= 0);
}

static void check_ids(ctx *c, str body) {
  id128 *transfers;
  id *accounts;
  size_t count;
  if (frame_read_transfer_ids(c, body, &transfers, &count) == OK) assert(count * 16 == body.len);
  fault_clear(c);
  if (frame_read_account_ids(c, body, &accounts, &count) == OK) assert(count * 8 == body.len);
}

/* Whole or not: never more than is there, and never whole before its last byte. */
static void check_answer(const char *bytes, size_t len) {
  answer a;
  if (tael_answer_read(bytes, len, &a) != ANSWER_WHOLE) return;
  size_t whole = a.head_len + a.body_len;
  assert(whole <= len && a.status >= 0 && a.status <= 599);
  for (size_t less = 0; less < whole; less += 1 + whole / 64) {
    answer part;
    answer_event got = tael_answer_read(bytes, less, &part);
    assert(got != ANSWER_WHOLE);
  }
  char detail[DETAIL_MAX];
  tael_answer_detail(bytes + a.head_len, a.body_len, detail);
  assert(strlen(detail) < sizeof detail);
}

static void check_results(const char *bytes, size_t len) {
  static tael_failure failures[256];
  tael_outcome o = {.count = 0};
  uint32_t count = len >= 8 ? (uint32_t)(uint8_t)bytes[4] : 1;
  if (!tael_answer_results(bytes, len, count, failures, &o)) return;
  assert(o.accepted + o.failure_count == count);
  for (size_t i = 0; i < o.failure_count; i++)
    assert(failures[i].index < count && failures[i].result != TAEL_RESULT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  ctx c = {.arena = fuzz_arena(16 << 20)};
  str body = {(const char *)data + 1, size - 1};
  switch (data[0] % 5) {
  case 0: check_transfers(&c, body); break;
  case 1: check_accounts(&c, body); break;
  case 2: check_ids(&c, body); break;
  case 3: check_answer(body.at, body.len); break;
  default: check_results(body.at, body.len); break;
  }
  return 0;
}
