/* moves.c - the words the payment rules are written in: gathered transfers, sequential fill, the
 * accounts a flow touches. It never decides who gets what. */
#include "modules/payment/inside.h"

moves moves_make(ctx *c, size_t room) {
  return (moves){.at = ARENA_ARRAY(c->arena, transfer, room), .room = room};
}

void moves_add(moves *m, id debit, id credit, int64_t amount, uint16_t why, int64_t ref) {
  if (amount == 0) return;
  assert(m->count < m->room);
  m->at[m->count++] = (transfer){.debit_account = debit,
                                 .credit_account = credit,
                                 .amount = amount,
                                 .code = why,
                                 .ref = ref,
                                 .version = TRANSFER_VERSION};
}

transfer *moves_last(moves *m) {
  assert(m->count > 0);
  return &m->at[m->count - 1];
}

status moves_post(ctx *c, tx *t, moves *m) {
  return m->count == 0 ? OK : tx_post(c, t, m->at, m->count);
}

size_t fill_pairs(const int64_t *from, size_t from_count, const int64_t *to, size_t to_count,
                  fill_pair *out) {
  size_t count = 0, i = 0, j = 0;
  int64_t left = from_count > 0 ? from[0] : 0, need = to_count > 0 ? to[0] : 0;
  while (i < from_count && j < to_count) {
    int64_t amount = left < need ? left : need;
    if (amount > 0) out[count++] = (fill_pair){i, j, amount};
    left -= amount;
    need -= amount;
    if (left == 0 && ++i < from_count) left = from[i];
    if (need == 0 && ++j < to_count) need = to[j];
  }
  assert(left == 0 &&
         need == 0); /* callers make both sides equal; anything else would lose money */
  return count;
}

/* Accounts every delivery or capture touches, without a floor: a row per lane, so that lanes don't
 * queue. */
static bool is_striped(uint16_t code) {
  return code == CODE_CHANNEL_RECEIVABLE || code == CODE_FEES_IN_RESERVE || code == CODE_COMMISSION;
}

static bool is_sellers(uint16_t code) {
  return code == CODE_SELLER_PENDING || code == CODE_SELLER_AVAILABLE ||
         code == CODE_SELLER_RESERVE || code == CODE_ORDER_ESCROW;
}

status account_need(ctx *c, tx *t, const market *m, uint16_t code, id owner, id *out) {
  account_spec spec = {.tenant = is_sellers(code) ? owner : m->platform,
                       .entity = m->entity,
                       .owner = owner,
                       .asset = m->currency,
                       .code = code};
  const chart_row *row = chart_find(code);
  assert(row != NULL);
  spec.flags = (uint16_t)(row->flags | (is_striped(code) ? ACCOUNT_STRIPED : 0));
  return tx_ensure_account(c, t, &spec, out);
}

status account_of_market(ctx *c, tx *t, const market *m, uint16_t code, id *out) {
  return account_need(c, t, m, code, m->entity, out);
}

id128 part_hold_id(id payment_id, int64_t part_no) {
  return (id128){.low = (uint64_t)part_no + 1, .high = (uint64_t)payment_id};
}
