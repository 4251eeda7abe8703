/* bank.c - the outside bank of the simulation, behind the connector that real channels have. It
 * decides at first hearing what becomes of an attempt and never changes its mind; but it may be
 * silent, say it does not know, say things twice, or never have heard of it. It promises one effect
 * per attempt, and forgets nothing when the program is cut off. */
#include "cli/sim/sim.h"

#include <stdlib.h>
#include <string.h>

static bank *the_bank; /* connectors are registered for the whole process */

bank_record *bank_find(bank *b, id attempt) {
  for (size_t i = b->count; i > 0; i--) {
    if (b->records[i - 1].attempt == attempt) return &b->records[i - 1];
  }
  return NULL;
}

static bank_record *note(bank *b, const channel_ask *q) {
  if (b->count == b->room) {
    b->room = b->room == 0 ? 256 : b->room * 2;
    b->records = realloc(b->records, b->room * sizeof *b->records);
    if (b->records == NULL) abort();
  }
  uint64_t salt[2] = {b->world->seed, (uint64_t)q->attempt_id};
  uint64_t dice = hash64(salt, sizeof salt, 7);
  bank_record *r = &b->records[b->count++];
  *r = (bank_record){.attempt = q->attempt_id,
                     .original = q->original,
                     .kind = q->kind,
                     .amount = q->amount,
                     .evasions = dice % 4 == 0 ? 1 : 0,
                     .fate = OUTCOME_APPROVED};
  size_t len = q->token.len < sizeof r->token - 1 ? q->token.len : sizeof r->token - 1;
  memcpy(r->token, q->token.at, len);
  bool is_refund = q->kind == ATTEMPT_REFUND;
  if (strncmp(r->token, "no-", 3) == 0 && !is_refund) r->fate = OUTCOME_DECLINED;
  if (is_refund && (dice >> 8) % 4 == 0) r->fate = OUTCOME_DECLINED;
  return r;
}

static void tell(ctx *c, bank_record *r, channel_answer *out) {
  out->outcome = r->fate;
  out->channel_ref = str_format(c->arena, "sim-%lld", (long long)r->attempt);
  out->amount = r->amount;
  if (r->fate == OUTCOME_DECLINED) out->reason = STR("not today");
  out->again = r->attempt % 5 == 0;
  out->second = r->fate;
  r->told = true;
}

/* A dead process asks nobody: what the program does after its power went is not part of the world.
 */
static bool is_cut_off(const bank *b) { return fault_vfs_is_off(b->world->disk); }

static status on_send(ctx *c, const connector *self, const channel_ask *q, channel_answer *out) {
  UNUSED(self);
  bank *b = the_bank;
  *out = (channel_answer){.outcome = OUTCOME_UNKNOWN};
  if (is_cut_off(b)) return OK;
  bank_record *r = bank_find(b, q->attempt_id);
  bool first = r == NULL;
  if (first) r = note(b, q);
  if (r->amount != q->amount || r->kind != q->kind)
    world_fail(b->world, "the bank was asked for attempt %lld again with another amount or kind",
               (long long)q->attempt_id);
  if (first && r->attempt % 7 == 0) return OK; /* lost on the way */
  r->arrived = true;
  if (r->evasions > 0) {
    r->evasions--;
    return OK;
  }
  tell(c, r, out);
  return OK;
}

static status on_query(ctx *c, const connector *self, const channel_ask *q, channel_answer *out) {
  UNUSED(self);
  bank *b = the_bank;
  *out = (channel_answer){.outcome = OUTCOME_UNKNOWN};
  if (is_cut_off(b)) return OK;
  bank_record *r = bank_find(b, q->attempt_id);
  if (r == NULL || !r->arrived) {
    out->outcome = OUTCOME_ABSENT;
    return OK;
  }
  tell(c, r, out);
  return OK;
}

static const connector sim_connector = {.kind = "bank-sim",
                                        .authorise = on_send,
                                        .capture = on_send,
                                        .cancel = on_send,
                                        .refund = on_send,
                                        .payout = on_send,
                                        .query = on_query};

void bank_register(world *w) {
  w->bank.world = w;
  the_bank = &w->bank;
  payment_register_connector(&sim_connector);
}
