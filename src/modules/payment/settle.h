/* settle.h - what settle.c and jobs.c share. Private. */
#ifndef TAEL_PAYMENT_SETTLE_H
#define TAEL_PAYMENT_SETTLE_H

#include "modules/payment/inside.h"

enum { SETTLE_SELLERS_MAX = 64 }; /* one command, one commit */

typedef struct seller_work {
  id seller;
  settlement_item *items;
  size_t item_count;
  int64_t share, kept;
  id pending, reserve, available;
  settlement_row row;
  payout_row payout;
  attempt_row attempt;
  bool out_of_debt;
} seller_work;

typedef struct settle_work {
  market m;
  int64_t minimum;
  id channel, transit;
  seller_work sellers[SETTLE_SELLERS_MAX];
} settle_work;

typedef struct settle_in {
  date on;
  id sellers[SETTLE_SELLERS_MAX];
  size_t count;
  int64_t payouts; /* out */
  /* Asked for by two persons: pays what is available now, below the minimum too and also when
   * nothing fell due; E_FUNDS when there is nothing, E_CONFLICT without a bank channel. */
  bool off_cycle;
  void *inner;
} settle_in;
extern const command_type payment_settle;

typedef struct sweep_in {
  int64_t amount; /* out */
  id held, in_reserve, reserve, own, entity;
} sweep_in;
extern const command_type payment_sweep_fees;

#endif
