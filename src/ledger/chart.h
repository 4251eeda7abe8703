/* chart.h - the chart of accounts and the reasons of transfers, as tables. An account's code says
 * what it is in the books of its legal entity; a transfer's code says why value moved. Numbers are
 * stable for ever.
 *
 * The money of others is kept apart (safeguarding, B8): every account marked SAFE_ASSET is where
 * customers' money is (bank reserve, captured and not yet remitted by a channel), every account
 * marked SAFE_OWED is whose it is; the sum of the first equals the sum of the second after every
 * command, since a command moves both or neither. */
#ifndef TAEL_LEDGER_CHART_H
#define TAEL_LEDGER_CHART_H

#include "base/base.h"

typedef enum account_class {
  CLASS_ASSET,
  CLASS_LIABILITY,
  CLASS_EQUITY,
  CLASS_INCOME,
  CLASS_EXPENSE,
  CLASS_UNITS
} account_class;
typedef enum safeguard { SAFE_NONE, SAFE_ASSET, SAFE_OWED } safeguard;

/* X(symbol, code, class, safeguard, default account flags, English, Chinese) */
/* clang-format off */
#define CHART_TABLE(X)                                                                             \
  X(CODE_BANK_RESERVE, 1001, CLASS_ASSET, SAFE_ASSET, 0, "Customers' reserve at the bank",         \
    "客户备付金")                                                                                  \
  X(CODE_BANK_OWN, 1002, CLASS_ASSET, SAFE_NONE, 0, "Own bank account", "自有银行账户")            \
  X(CODE_CHANNEL_RECEIVABLE, 1101, CLASS_ASSET, SAFE_ASSET, 0,                                     \
    "Captured, to be remitted by a channel", "渠道应收")                                           \
  X(CODE_FEES_IN_RESERVE, 1103, CLASS_ASSET, SAFE_NONE, 0, "Own fees still in the reserve",        \
    "备付金中自有收入")                                                                            \
  X(CODE_SELLER_RECEIVABLE, 1104, CLASS_ASSET, SAFE_NONE, 0, "Owed by sellers (clawback)",         \
    "应收商家款")                                                                                  \
  X(CODE_WALLET, 2001, CLASS_LIABILITY, SAFE_OWED, ACCOUNT_NO_DEBIT_BALANCE, "Wallet", "钱包余额") \
  X(CODE_SELLER_PENDING, 2101, CLASS_LIABILITY, SAFE_OWED, ACCOUNT_NO_DEBIT_BALANCE,               \
    "Seller, not yet due", "商家待结算")                                                           \
  X(CODE_SELLER_AVAILABLE, 2102, CLASS_LIABILITY, SAFE_OWED, 0, "Seller, due for payout",          \
    "商家可结算")                                                                                  \
  X(CODE_SELLER_RESERVE, 2103, CLASS_LIABILITY, SAFE_OWED, ACCOUNT_NO_DEBIT_BALANCE,               \
    "Seller's reserve", "商家保证金")                                                              \
  X(CODE_PAYOUT_TRANSIT, 2104, CLASS_LIABILITY, SAFE_OWED, 0, "Payouts under way", "打款在途")     \
  X(CODE_ORDER_ESCROW, 2201, CLASS_LIABILITY, SAFE_OWED, ACCOUNT_NO_DEBIT_BALANCE,                 \
    "Paid, not yet delivered (per seller)", "担保交易款")                                          \
  X(CODE_REFUND_TRANSIT, 2202, CLASS_LIABILITY, SAFE_OWED, 0, "Refunds under way", "退款在途")     \
  X(CODE_CAMPAIGN_BUDGET, 2301, CLASS_LIABILITY, SAFE_OWED, ACCOUNT_NO_DEBIT_BALANCE,              \
    "Campaign budget", "活动预算")                                                                 \
  X(CODE_SUSPENSE, 2401, CLASS_LIABILITY, SAFE_OWED, 0, "Suspense: received and not explained",    \
    "挂账")                                                                                        \
  X(CODE_FEES_HELD, 2501, CLASS_LIABILITY, SAFE_OWED, 0, "Own fees held in the reserve",           \
    "待划转手续费")                                                                                \
  X(CODE_CAPITAL, 3001, CLASS_EQUITY, SAFE_NONE, 0, "Paid-in capital", "实收资本")                 \
  X(CODE_INTER_ENTITY, 3900, CLASS_LIABILITY, SAFE_NONE, 0, "Between legal entities",              \
    "主体间往来")                                                                                  \
  X(CODE_COMMISSION, 4001, CLASS_INCOME, SAFE_NONE, 0, "Commission", "佣金收入")                   \
  X(CODE_PAYMENT_FEES, 4002, CLASS_INCOME, SAFE_NONE, 0, "Payment fees", "支付手续费收入")         \
  X(CODE_CHANNEL_COST, 5001, CLASS_EXPENSE, SAFE_NONE, 0, "Channel fees paid", "渠道成本")         \
  X(CODE_PROMOTION_COST, 5002, CLASS_EXPENSE, SAFE_NONE, 0, "Promotions funded", "营销费用")       \
  X(CODE_BAD_DEBT, 5003, CLASS_EXPENSE, SAFE_NONE, 0, "Written off", "坏账损失")                   \
  X(CODE_STOCK_SOURCE, 9001, CLASS_UNITS, SAFE_NONE, 0, "Units from outside", "库存来源")          \
  X(CODE_SHELF, 9002, CLASS_UNITS, SAFE_NONE, ACCOUNT_NO_DEBIT_BALANCE, "On the shelf",            \
    "在架库存")                                                                                    \
  X(CODE_SHIPPED, 9003, CLASS_UNITS, SAFE_NONE, 0, "Sold and sent", "已售出库")                    \
  X(CODE_SHRINKAGE, 9004, CLASS_UNITS, SAFE_NONE, 0, "Lost or damaged", "盘亏")                    \
  X(CODE_POINTS_ISSUED, 9101, CLASS_UNITS, SAFE_NONE, 0, "Points issued", "积分发行")              \
  X(CODE_POINTS, 9102, CLASS_UNITS, SAFE_NONE, ACCOUNT_NO_DEBIT_BALANCE, "Points", "积分")         \
  X(CODE_GENERIC, 9901, CLASS_LIABILITY, SAFE_NONE, 0, "Opened by API", "接口开立")
/* clang-format on */

enum chart_code {
#define X(symbol, code, class_, safe, flags, en, zh) symbol = code,
  CHART_TABLE(X)
#undef X
};

typedef struct chart_row {
  uint16_t code;
  account_class class_;
  safeguard safe;
  uint16_t flags;
  const char *name_en, *name_zh;
} chart_row;
const chart_row *chart_find(uint16_t code); /* NULL: unknown */
const chart_row *chart_all(size_t *count);

/* X(symbol, code, English, Chinese): why value moves. */
/* clang-format off */
#define REASON_TABLE(X)                                                                            \
  X(WHY_API, 1, "Transfer by API", "接口转账")                                                     \
  X(WHY_TOP_UP, 10, "Top-up", "充值")                                                              \
  X(WHY_WITHDRAW, 11, "Withdrawal", "提现")                                                        \
  X(WHY_WALLET_TRANSFER, 12, "Wallet transfer", "转账")                                            \
  X(WHY_RESERVE_STOCK, 20, "Stock reserved", "库存预留")                                           \
  X(WHY_RECEIVE_STOCK, 21, "Goods received", "入库")                                               \
  X(WHY_RETURN_STOCK, 22, "Goods returned", "退货入库")                                            \
  X(WHY_ADJUST_STOCK, 23, "Stock adjusted", "库存调整")                                            \
  X(WHY_SHIP_STOCK, 24, "Goods sent", "出库")                                                      \
  X(WHY_PAY_BALANCE, 30, "Paid from balance", "余额支付")                                          \
  X(WHY_PAY_CHANNEL, 31, "Paid through a channel", "渠道支付")                                     \
  X(WHY_PAY_VOUCHER, 32, "Paid by voucher", "代金券支付")                                          \
  X(WHY_PAY_CAMPAIGN, 33, "Campaign credit", "活动抵扣")                                           \
  X(WHY_PAY_BREAK, 34, "Payment differs from order", "支付差额挂账")                               \
  X(WHY_SPLIT, 40, "Seller's share", "商家分账")                                                   \
  X(WHY_COMMISSION, 41, "Commission", "佣金")                                                      \
  X(WHY_COMMISSION_INCOME, 42, "Commission earned", "佣金确认")                                    \
  X(WHY_FEE_SWEEP, 43, "Own fees taken from the reserve", "手续费划转")                            \
  X(WHY_SETTLE, 44, "Settled", "结算")                                                             \
  X(WHY_PAYOUT, 45, "Payout", "打款")                                                              \
  X(WHY_PAYOUT_RETURN, 46, "Payout returned", "打款退回")                                          \
  X(WHY_RESERVE_HOLD, 47, "Reserve kept", "保证金留存")                                            \
  X(WHY_RESERVE_RELEASE, 48, "Reserve released", "保证金释放")                                     \
  X(WHY_CLAWBACK, 49, "Clawback", "追扣")                                                          \
  X(WHY_NETTING, 50, "Netted", "轧差")                                                             \
  X(WHY_REMIT, 51, "Channel remitted", "渠道回款")                                                 \
  X(WHY_CHANNEL_FEE, 52, "Channel fee", "渠道手续费")                                              \
  X(WHY_REFUND, 60, "Refund", "退款")                                                              \
  X(WHY_REFUND_COMMISSION, 61, "Commission returned", "佣金退回")                                  \
  X(WHY_CHARGEBACK, 62, "Chargeback", "拒付")                                                      \
  X(WHY_FUND_CAMPAIGN, 70, "Campaign funded", "活动注资")                                          \
  X(WHY_RETURN_CAMPAIGN, 71, "Campaign money returned", "活动资金退回")                            \
  X(WHY_POINTS_EARNED, 72, "Points earned", "获得积分")                                            \
  X(WHY_POINTS_BACK, 73, "Points taken back", "积分扣回")                                          \
  X(WHY_BREAK_RESOLVED, 80, "Break resolved", "差错处理")                                          \
  X(WHY_EXPIRY, 90, "Hold expired", "冻结到期")                                                    \
  X(WHY_CAPITAL, 91, "Capital paid in", "注资")                                                    \
  X(WHY_REVERSAL, 92, "Reversal", "冲正")
/* clang-format on */

enum transfer_code {
#define X(symbol, code, en, zh) symbol = code,
  REASON_TABLE(X)
#undef X
};
const char *reason_text(uint16_t code, bool chinese); /* "?" when unknown */

#endif
