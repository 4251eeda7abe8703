/* model.h - what the simulation's model believes: people, money, goods, orders, accounts. Written
 * from the documents alone (docs/design, the API's own descriptions): it calls nothing of the
 * ledger, of the modules or of the store, and does its sums in its own words, so that the two agree
 * only when both are right. Private to cli/sim. */
#ifndef TAEL_CLI_SIM_MODEL_H
#define TAEL_CLI_SIM_MODEL_H

#include "cli/sim/sim.h"

enum {
  BUYERS = 4,
  SELLERS = 2,
  GOODS = 2,
  ACCOUNTS = 6,
  LINES_MAX = 4,
  TENDERS = 3,
  PARTS = 8,
  RETURNS = 6
};

typedef struct m_buyer {
  char id[ID_ROOM], key[KEY_ROOM];
  int64_t balance, held, lines; /* lines of the statement, holds left out */
  bool frozen;
} m_buyer;

typedef struct m_good {
  char variant[ID_ROOM], offer[ID_ROOM], product[ID_ROOM], sku[ID_ROOM];
  int64_t price, on_hand, reserved;
  int seller;
} m_good;

typedef struct m_seller {
  char id[ID_ROOM], key[KEY_ROOM], shop[ID_ROOM], warehouse[ID_ROOM];
  int64_t freight, commission_ppb, reserve_ppb, settle_days;
  m_good goods[GOODS];
} m_seller;

/* A settlement item: what a seller is owed for a child order, and when. */
typedef struct owed {
  int seller;
  char child[ID_ROOM];
  bool is_reserve, settled;
  date due;
  int64_t amount;
} owed;

typedef enum order_is { IS_PLACED, IS_PAID, IS_COMPLETED, IS_CANCELLED } order_is;
typedef enum child_is {
  CH_PLACED,
  CH_PAID,
  CH_SHIPPED,
  CH_DELIVERED,
  CH_CANCELLED,
  CH_RETURNED
} child_is;
extern const char *const order_words[], *const child_words[];

typedef struct m_line {
  char id[ID_ROOM];
  m_good *of;
  int child;
  int64_t quantity, price, freight, refunded, refunded_units, returned_units, asked_units;
  int64_t commission, commission_back;
  bool held, sent;
} m_line;

typedef struct m_child {
  char id[ID_ROOM];
  int seller;
  child_is state;
  int64_t items, freight, commission, commission_back, refunded;
  bool released;
} m_child;

typedef enum tender_is { T_BALANCE, T_CHANNEL, T_VOUCHER, T_CAMPAIGN } tender_is;
typedef struct m_tender {
  tender_is kind;
  int64_t amount;
  char token[ID_ROOM]; /* of the channel; or the voucher's code */
} m_tender;
typedef struct m_part {
  int tender, child;
  int64_t amount, refunded;
} m_part;
typedef struct m_return {
  char id[ID_ROOM];
  int child, line;
  int64_t units;
  bool open;
} m_return;

typedef struct m_order {
  char id[ID_ROOM], payment[ID_ROOM];
  int buyer;
  order_is state;
  int64_t total, refunded;
  int64_t captured, returned; /* of the payment: what came in, what reached its source again */
  instant expires;            /* 0: never */
  bool holds_gone;            /* the time of its stock holds is over */
  m_child children[SELLERS];
  m_line lines[LINES_MAX];
  m_tender tenders[TENDERS];
  m_part parts[PARTS];
  m_return returns[RETURNS];
  size_t return_count;
  size_t child_count, line_count, tender_count, part_count;
} m_order;

typedef struct voucher {
  char code[ID_ROOM];
  int64_t amount;
  bool used;
} voucher;

/* Money on its way in or out of a wallet through the bank. */
typedef struct wallet_move {
  char token[ID_ROOM];
  int buyer;
  int64_t amount;
  bool out;
} wallet_move_m;

typedef struct m_account {
  char id[ID_ROOM];
  int64_t debits, credits, debits_held, credits_held;
  bool has_floor;
  size_t lines;
} m_account;

typedef enum transfer_is { X_POSTED, X_HELD, X_ENDED } transfer_is;
typedef struct m_transfer {
  char id[ID_ROOM];
  int debit, credit;
  int64_t amount;
  bool is_hold, is_end; /* a hold; an entry that ends one */
  transfer_is state;
  bool reversed;
} m_transfer;

#define GROWING(type, name) \
  type *name;               \
  size_t name##_count, name##_room

typedef struct model {
  char operator_key[2][KEY_ROOM], operator_id[2][ID_ROOM], supervisor_key[KEY_ROOM];
  char channel[ID_ROOM], campaign[ID_ROOM], other_campaign[ID_ROOM];
  char entity[ID_ROOM];
  int64_t budget, budget_held, per_order_max;
  int64_t tokens;
  date settled_through;
  instant latest; /* the latest business time an idle moment was seen at */
  m_buyer buyers[BUYERS];
  m_seller sellers[SELLERS];
  m_account accounts[ACCOUNTS];
  GROWING(m_order, orders);
  GROWING(owed, owed);
  GROWING(voucher, vouchers);
  GROWING(wallet_move_m, moves);
  GROWING(m_transfer, transfers);
  GROWING(id, heard); /* attempts whose end is known */
} model;

void *model_grow(void *list, size_t count, size_t *room, size_t size);
#define ADD_TO(m, name)                                                                          \
  (*((m)->name = model_grow((m)->name, (m)->name##_count, &(m)->name##_room, sizeof *(m)->name), \
     &(m)->name[(m)->name##_count++]))

void model_release(model *m);
void model_time_passes(world *w); /* holds whose time is over; after each idle moment */
void model_settle(world *w, date through);
void model_bank_news(world *w); /* what the bank has said since */

/* acts_wallet.c: what steps share */
bool code_is(const ask *a, const char *code);
/* The answer that was expected: success, or a refusal of this status and code. True: success. */
bool agrees(world *w, const ask *a, bool good, int refusal, const char *code);
bool ask_place(world *w, ask *a);
bool ask_pay(world *w, ask *a, m_order *o);
bool is_frozen(world *w, const ask *a, const m_buyer *b); /* and was refused for that */
char *new_token(world *w);

/* orders.c */
m_order *model_order(model *m, const char *text);
m_child *model_child(m_order *o, const char *text);
m_line *model_line(m_order *o, const char *text);
void model_paid(model *m, m_order *o); /* internal tenders are taken, or leave their holds */
void model_free_goods(m_order *o, int child);
void model_unpaid_cancelled(model *m, m_order *o);
void model_release_child(model *m, m_order *o, m_child *ch, date today);
/* Gives back `amount` of a child to its sources, newest part first. */
void model_give_back(model *m, m_order *o, m_child *ch, int64_t amount, int64_t commission_back);
int64_t model_refund_line(m_line *l, int64_t units, int64_t amount, int64_t *commission_back);
int64_t model_line_left(const m_line *l);
order_is model_order_state(const m_order *o);
int64_t half_up(int64_t amount, int64_t by, int64_t of); /* amount * by / of, halves up */

#endif
