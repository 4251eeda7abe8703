/* api_shopper.c - what somebody who is about to pay may know: by which channels, with which credit,
 * what a voucher is worth. Reads only; budgets and other people's vouchers stay unsaid. */
#include "modules/payment/api.h"
#include "modules/payment/report.h"

/* --- how one can pay -------------------------------------------------------------------------- */
typedef struct method_out {
  id channel_id;
  str name;
} method_out;
static const field method_fields[] = {
    {.name = "channel",
     .type = FIELD_ID,
     .offset = offsetof(method_out, channel_id),
     .id_kind = ID_CHANNEL,
     .doc = "Name it in a tender of kind channel."},
    F_STR(method_out, name, 0, 0, 0, "What it is called."),
};
SHAPE(payment_method_shape, "PaymentChannel", method_out, method_fields);

READER(payment_read_methods) {
  UNUSED(r);
  channel_row *rows;
  size_t count, kept = 0;
  TRY(channels_all(c, d, &rows, &count));
  method_out *items = ARENA_ARRAY(c->arena, method_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    if (rows[i].enabled) items[kept++] = (method_out){rows[i].channel_id, rows[i].name};
  }
  ((list_out *)out)->items = (field_array){items, kept};
  return OK;
}

/* --- credit one may use ----------------------------------------------------------------------- */
typedef struct promotion_out {
  id campaign;
  str name;
  uint32_t currency;
  int64_t per_order_max;
} promotion_out;
static const field promotion_fields[] = {
    F_ID(promotion_out, campaign, 0, ID_CAMPAIGN, "Name it in a tender of kind campaign."),
    F_STR(promotion_out, name, 0, 0, 0, "What it is called."),
    F_CURRENCY(promotion_out, currency, 0, "ISO 4217."),
    F_AMOUNT(promotion_out, per_order_max, 0, 0, 0, "What it gives to one order at most now."),
};
SHAPE(payment_promotion_shape, "Promotion", promotion_out, promotion_fields);

READER(payment_read_promotions) {
  enum { PROMOTIONS_MAX = 100 };
  UNUSED(r);
  campaign_brief *all;
  size_t count, kept = 0;
  TRY(payment_list_campaigns(c, d, 0, PROMOTIONS_MAX, &all, &count));
  promotion_out *items = ARENA_ARRAY(c->arena, promotion_out, count + 1);
  for (size_t i = 0; i < count; i++) {
    int64_t most = 0;
    TRY(payment_look_credit(c, d, all[i].campaign, &most));
    if (most <= 0) continue;
    items[kept++] = (promotion_out){.campaign = all[i].campaign,
                                    .name = all[i].name,
                                    .currency = all[i].currency,
                                    .per_order_max = most};
  }
  ((list_out *)out)->items = (field_array){items, kept};
  return OK;
}

/* --- a voucher -------------------------------------------------------------------------------- */
static const char *const voucher_states[] = {"usable", "used", "expired", NULL};
typedef struct voucher_look_out {
  str code;
  uint32_t currency;
  int64_t amount;
  int state;
  instant expires_at;
} voucher_look_out;
static const field voucher_look_fields[] = {
    F_STR(voucher_look_out, code, 0, 0, 0, "As asked for."),
    F_CURRENCY(voucher_look_out, currency, 0, "ISO 4217."),
    F_AMOUNT(voucher_look_out, amount, 0, 0, 0, "What it is worth; it is used once, whole or not."),
    F_ENUM(voucher_look_out, state, 0, voucher_states, "Whether it can be used now."),
    F_TIME(voucher_look_out, expires_at, 0, "Until when; null: no end."),
};
SHAPE(payment_voucher_look_shape, "VoucherLook", voucher_look_out, voucher_look_fields);

READER(payment_read_voucher) {
  voucher_look v;
  TRY(payment_look_voucher(c, d, r->param_text[0], &v));
  if (!v.found) return fail(c, E_NOT_FOUND, "There is no such voucher; check the code.");
  bool is_late = v.expires_at != 0 && v.expires_at <= c->now;
  *(voucher_look_out *)out = (voucher_look_out){.code = r->param_text[0],
                                                .currency = v.currency,
                                                .amount = v.amount,
                                                .state = v.is_used ? 1
                                                         : is_late ? 2
                                                                   : 0,
                                                .expires_at = v.expires_at};
  return OK;
}
