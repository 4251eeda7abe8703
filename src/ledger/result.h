/* result.h - every way a transfer can end, in order of precedence: when several rules refuse, the
 * first in this table is the answer. The order follows TigerBeetle's create_transfers, so that a
 * client of one reads the other, with the rules of Tael's own beside their kin. Slugs are stable
 * for ever.
 *
 * LEDGER_EXISTS is not a failure for a caller who retries: the very same transfer was accepted
 * before. */
#ifndef TAEL_LEDGER_RESULT_H
#define TAEL_LEDGER_RESULT_H

#include "base/base.h"

/* X(symbol, slug, status a command gets, sentence a person can act on) */
#define LEDGER_RESULT_TABLE(X)                                                                     \
  X(LEDGER_OK, "ok", OK, "Accepted.")                                                              \
  X(LEDGER_LINKED_EVENT_FAILED, "linked_event_failed", E_RULE,                                     \
    "Another transfer of the same chain was refused.")                                             \
  X(LEDGER_LINKED_EVENT_CHAIN_OPEN, "linked_event_chain_open", E_MALFORMED,                        \
    "The last transfer of a batch must not be linked to a next one.")                              \
  X(LEDGER_RESERVED_FLAG, "reserved_flag", E_MALFORMED, "A flag is set that has no meaning.")      \
  X(LEDGER_ID_MUST_NOT_BE_ZERO, "id_must_not_be_zero", E_MALFORMED,                                \
    "Choose an id that is not zero.")                                                              \
  X(LEDGER_EXISTS_WITH_DIFFERENT_FLAGS, "exists_with_different_flags", E_CONFLICT,                 \
    "The id is taken by a transfer with other flags.")                                             \
  X(LEDGER_EXISTS_WITH_DIFFERENT_PENDING_ID, "exists_with_different_pending_id", E_CONFLICT,       \
    "The id is taken by a transfer with another pending_id.")                                      \
  X(LEDGER_EXISTS_WITH_DIFFERENT_TIMEOUT, "exists_with_different_timeout", E_CONFLICT,             \
    "The id is taken by a transfer with another timeout.")                                         \
  X(LEDGER_EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, "exists_with_different_debit_account", E_CONFLICT, \
    "The id is taken by a transfer with another debit account.")                                   \
  X(LEDGER_EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, "exists_with_different_credit_account",           \
    E_CONFLICT, "The id is taken by a transfer with another credit account.")                      \
  X(LEDGER_EXISTS_WITH_DIFFERENT_AMOUNT, "exists_with_different_amount", E_CONFLICT,               \
    "The id is taken by a transfer of another amount.")                                            \
  X(LEDGER_EXISTS_WITH_DIFFERENT_REF, "exists_with_different_ref", E_CONFLICT,                     \
    "The id is taken by a transfer with another reference.")                                       \
  X(LEDGER_EXISTS_WITH_DIFFERENT_ASSET, "exists_with_different_asset", E_CONFLICT,                 \
    "The id is taken by a transfer of another asset.")                                             \
  X(LEDGER_EXISTS_WITH_DIFFERENT_CODE, "exists_with_different_code", E_CONFLICT,                   \
    "The id is taken by a transfer with another code.")                                            \
  X(LEDGER_EXISTS, "exists", OK, "The same transfer was accepted before; nothing more was done.")  \
  X(LEDGER_FLAGS_ARE_MUTUALLY_EXCLUSIVE, "flags_are_mutually_exclusive", E_MALFORMED,              \
    "These flags exclude each other.")                                                             \
  X(LEDGER_DEBIT_ACCOUNT_MUST_NOT_BE_ZERO, "debit_account_id_must_not_be_zero", E_MALFORMED,       \
    "Name the debit account.")                                                                     \
  X(LEDGER_CREDIT_ACCOUNT_MUST_NOT_BE_ZERO, "credit_account_id_must_not_be_zero", E_MALFORMED,     \
    "Name the credit account.")                                                                    \
  X(LEDGER_ACCOUNTS_MUST_BE_DIFFERENT, "accounts_must_be_different", E_MALFORMED,                  \
    "Debit and credit account must be different.")                                                 \
  X(LEDGER_PENDING_ID_MUST_BE_ZERO, "pending_id_must_be_zero", E_MALFORMED,                        \
    "Only a transfer that ends a hold or reverses another names a pending_id.")                    \
  X(LEDGER_PENDING_ID_MUST_NOT_BE_ZERO, "pending_id_must_not_be_zero", E_MALFORMED,                \
    "Name the hold to end, or the transfer to reverse, in pending_id.")                            \
  X(LEDGER_PENDING_ID_MUST_BE_DIFFERENT, "pending_id_must_be_different", E_MALFORMED,              \
    "A transfer can't end or reverse itself.")                                                     \
  X(LEDGER_TIMEOUT_RESERVED_FOR_PENDING, "timeout_reserved_for_pending_transfer", E_MALFORMED,     \
    "Only a pending transfer has a timeout.")                                                      \
  X(LEDGER_CLOSING_TRANSFER_MUST_BE_PENDING, "closing_transfer_must_be_pending", E_MALFORMED,      \
    "A transfer that closes an account must be pending.")                                          \
  X(LEDGER_AMOUNT_MUST_BE_POSITIVE, "amount_must_be_positive", E_MALFORMED,                        \
    "The amount must be at least 1.")                                                              \
  X(LEDGER_CODE_MUST_NOT_BE_ZERO, "code_must_not_be_zero", E_MALFORMED,                            \
    "Say by a code why value moves.")                                                              \
  X(LEDGER_DEBIT_ACCOUNT_NOT_FOUND, "debit_account_not_found", E_NOT_FOUND,                        \
    "There is no such debit account.")                                                             \
  X(LEDGER_CREDIT_ACCOUNT_NOT_FOUND, "credit_account_not_found", E_NOT_FOUND,                      \
    "There is no such credit account.")                                                            \
  X(LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ASSET, "accounts_must_have_the_same_asset", E_RULE,         \
    "The two accounts hold different assets.")                                                     \
  X(LEDGER_ACCOUNTS_MUST_HAVE_THE_SAME_ENTITY, "accounts_must_have_the_same_entity", E_RULE,       \
    "The two accounts are in the books of different legal entities; go through the inter-entity "  \
    "accounts.")                                                                                   \
  X(LEDGER_TRANSFER_MUST_HAVE_THE_SAME_ASSET, "transfer_must_have_the_same_asset_as_accounts",     \
    E_RULE, "The accounts hold another asset than the transfer names.")                            \
  X(LEDGER_STRIPED_ACCOUNT_CANNOT_BALANCE, "striped_account_cannot_balance", E_RULE,               \
    "A striped account has no single balance to move; use an amount.")                             \
  X(LEDGER_STRIPED_ACCOUNT_CANNOT_CLOSE, "striped_account_cannot_close", E_RULE,                   \
    "A striped account can't be closed.")                                                          \
  X(LEDGER_PERIOD_CLOSED, "period_closed", E_PERIOD_CLOSED,                                        \
    "The business date lies in a closed period.")                                                  \
  X(LEDGER_PENDING_TRANSFER_NOT_FOUND, "pending_transfer_not_found", E_NOT_FOUND,                  \
    "There is no such hold.")                                                                      \
  X(LEDGER_PENDING_TRANSFER_NOT_PENDING, "pending_transfer_not_pending", E_RULE,                   \
    "That transfer is not a hold.")                                                                \
  X(LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT,                                           \
    "pending_transfer_has_different_debit_account_id", E_RULE,                                     \
    "The hold has another debit account; leave it out or name the same.")                          \
  X(LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT,                                          \
    "pending_transfer_has_different_credit_account_id", E_RULE,                                    \
    "The hold has another credit account; leave it out or name the same.")                         \
  X(LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_ASSET, "pending_transfer_has_different_asset", E_RULE,   \
    "The hold is of another asset; leave it out or name the same.")                                \
  X(LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_CODE, "pending_transfer_has_different_code", E_RULE,     \
    "The hold has another code; leave it out or name the same.")                                   \
  X(LEDGER_EXCEEDS_PENDING_TRANSFER_AMOUNT, "exceeds_pending_transfer_amount", E_RULE,             \
    "More than was held.")                                                                         \
  X(LEDGER_PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT, "pending_transfer_has_different_amount", E_RULE, \
    "A hold is voided whole; leave the amount out or name the same.")                              \
  X(LEDGER_PENDING_TRANSFER_ALREADY_POSTED, "pending_transfer_already_posted", E_CONFLICT,         \
    "The hold was posted.")                                                                        \
  X(LEDGER_PENDING_TRANSFER_ALREADY_VOIDED, "pending_transfer_already_voided", E_CONFLICT,         \
    "The hold was voided.")                                                                        \
  X(LEDGER_PENDING_TRANSFER_EXPIRED, "pending_transfer_expired", E_EXPIRED,                        \
    "The hold has expired.")                                                                       \
  X(LEDGER_PENDING_TRANSFER_NOT_DUE, "pending_transfer_not_due", E_RULE,                           \
    "The hold has not expired yet.")                                                               \
  X(LEDGER_REVERSAL_TARGET_NOT_FOUND, "reversal_target_not_found", E_NOT_FOUND,                    \
    "There is no such transfer to reverse.")                                                       \
  X(LEDGER_REVERSAL_TARGET_NOT_POSTED, "reversal_target_not_posted", E_RULE,                       \
    "Only a transfer that moved value, and is no reversal itself, can be reversed.")               \
  X(LEDGER_REVERSAL_ACCOUNTS_MUST_SWAP, "reversal_accounts_must_swap", E_RULE,                     \
    "A reversal debits what was credited and credits what was debited.")                           \
  X(LEDGER_REVERSAL_AMOUNT_MUST_MATCH, "reversal_amount_must_match", E_RULE,                       \
    "A reversal undoes the whole amount.")                                                         \
  X(LEDGER_ALREADY_REVERSED, "already_reversed", E_CONFLICT, "The transfer was reversed before.")  \
  X(LEDGER_DEBIT_ACCOUNT_ALREADY_CLOSED, "debit_account_already_closed", E_RULE,                   \
    "The debit account is closed.")                                                                \
  X(LEDGER_CREDIT_ACCOUNT_ALREADY_CLOSED, "credit_account_already_closed", E_RULE,                 \
    "The credit account is closed.")                                                               \
  X(LEDGER_DEBIT_ACCOUNT_FROZEN, "debit_account_frozen", E_RULE, "The debit account is frozen.")   \
  X(LEDGER_CREDIT_ACCOUNT_FROZEN, "credit_account_frozen", E_RULE,                                 \
    "The credit account is frozen.")                                                               \
  X(LEDGER_OVERFLOWS_DEBITS_PENDING, "overflows_debits_pending", E_RULE,                           \
    "The account's holds would overflow.")                                                         \
  X(LEDGER_OVERFLOWS_CREDITS_PENDING, "overflows_credits_pending", E_RULE,                         \
    "The account's holds would overflow.")                                                         \
  X(LEDGER_OVERFLOWS_DEBITS_POSTED, "overflows_debits_posted", E_RULE,                             \
    "The account's debits would overflow.")                                                        \
  X(LEDGER_OVERFLOWS_CREDITS_POSTED, "overflows_credits_posted", E_RULE,                           \
    "The account's credits would overflow.")                                                       \
  X(LEDGER_OVERFLOWS_DEBITS, "overflows_debits", E_RULE,                                           \
    "The account's debits and holds would overflow.")                                              \
  X(LEDGER_OVERFLOWS_CREDITS, "overflows_credits", E_RULE,                                         \
    "The account's credits and holds would overflow.")                                             \
  X(LEDGER_OVERFLOWS_TIMEOUT, "overflows_timeout", E_RULE,                                         \
    "The hold would end beyond the end of time.")                                                  \
  X(LEDGER_EXCEEDS_CREDITS, "exceeds_credits", E_FUNDS, "The debit account does not hold enough.") \
  X(LEDGER_EXCEEDS_DEBITS, "exceeds_debits", E_FUNDS, "The credit account can't take that much.")

typedef enum ledger_result {
#define X(symbol, slug, status_, sentence) symbol,
  LEDGER_RESULT_TABLE(X)
#undef X
      LEDGER_RESULT_COUNT
} ledger_result;

const char *ledger_result_slug(ledger_result r);
status ledger_result_status(ledger_result r);
const char *ledger_result_text(ledger_result r);
/* The same, by what moves: too little of money is E_FUNDS, too little of a unit (asset >= 1000) is
 * E_STOCK. */
status ledger_result_status_of(ledger_result r, uint32_t asset);

#endif
