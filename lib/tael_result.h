/* tael_result.h - every way a transfer can end, in order of precedence: when several rules refuse,
 * the first in this table is the answer. Included by tael.h; the server takes its numbers from here
 * too, so that both ends can't drift apart. Numbers and slugs are stable for ever: a new result
 * gets the next free number, wherever its place in the precedence is. */
#ifndef TAEL_RESULT_H
#define TAEL_RESULT_H

/* X(name, number on the wire, slug in the JSON API, sentence a person can act on) */
/* clang-format off */
#define TAEL_RESULT_TABLE(X)                                                                       \
  X(OK, 0, "ok",                                                                                   \
    "Accepted.")                                                                                   \
  X(LINKED_EVENT_FAILED, 1, "linked_event_failed",                                                 \
    "Another transfer of the same chain was refused.")                                             \
  X(LINKED_EVENT_CHAIN_OPEN, 2, "linked_event_chain_open",                                         \
    "The last transfer of a batch must not be linked to a next one.")                              \
  X(RESERVED_FLAG, 3, "reserved_flag",                                                             \
    "A flag is set that has no meaning.")                                                          \
  X(ID_MUST_NOT_BE_ZERO, 4, "id_must_not_be_zero",                                                 \
    "Choose an id that is not zero.")                                                              \
  X(EXISTS_WITH_DIFFERENT_FLAGS, 5, "exists_with_different_flags",                                 \
    "The id is taken by a transfer with other flags.")                                             \
  X(EXISTS_WITH_DIFFERENT_PENDING_ID, 6, "exists_with_different_pending_id",                       \
    "The id is taken by a transfer with another pending_id.")                                      \
  X(EXISTS_WITH_DIFFERENT_TIMEOUT, 7, "exists_with_different_timeout",                             \
    "The id is taken by a transfer with another timeout.")                                         \
  X(EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT, 8, "exists_with_different_debit_account",                 \
    "The id is taken by a transfer with another debit account.")                                   \
  X(EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT, 9, "exists_with_different_credit_account",               \
    "The id is taken by a transfer with another credit account.")                                  \
  X(EXISTS_WITH_DIFFERENT_AMOUNT, 10, "exists_with_different_amount",                              \
    "The id is taken by a transfer of another amount.")                                            \
  X(EXISTS_WITH_DIFFERENT_REF, 11, "exists_with_different_ref",                                    \
    "The id is taken by a transfer with another reference.")                                       \
  X(EXISTS_WITH_DIFFERENT_ASSET, 12, "exists_with_different_asset",                                \
    "The id is taken by a transfer of another asset.")                                             \
  X(EXISTS_WITH_DIFFERENT_CODE, 13, "exists_with_different_code",                                  \
    "The id is taken by a transfer with another code.")                                            \
  X(EXISTS, 14, "exists",                                                                          \
    "The same transfer was accepted before; nothing more was done.")                               \
  X(FLAGS_ARE_MUTUALLY_EXCLUSIVE, 15, "flags_are_mutually_exclusive",                              \
    "These flags exclude each other.")                                                             \
  X(DEBIT_ACCOUNT_MUST_NOT_BE_ZERO, 16, "debit_account_id_must_not_be_zero",                       \
    "Name the debit account.")                                                                     \
  X(CREDIT_ACCOUNT_MUST_NOT_BE_ZERO, 17, "credit_account_id_must_not_be_zero",                     \
    "Name the credit account.")                                                                    \
  X(ACCOUNTS_MUST_BE_DIFFERENT, 18, "accounts_must_be_different",                                  \
    "Debit and credit account must be different.")                                                 \
  X(PENDING_ID_MUST_BE_ZERO, 19, "pending_id_must_be_zero",                                        \
    "Only a transfer that ends a hold or reverses another names a pending_id.")                    \
  X(PENDING_ID_MUST_NOT_BE_ZERO, 20, "pending_id_must_not_be_zero",                                \
    "Name the hold to end, or the transfer to reverse, in pending_id.")                            \
  X(PENDING_ID_MUST_BE_DIFFERENT, 21, "pending_id_must_be_different",                              \
    "A transfer can't end or reverse itself.")                                                     \
  X(TIMEOUT_RESERVED_FOR_PENDING, 22, "timeout_reserved_for_pending_transfer",                     \
    "Only a pending transfer has a timeout.")                                                      \
  X(CLOSING_TRANSFER_MUST_BE_PENDING, 23, "closing_transfer_must_be_pending",                      \
    "A transfer that closes an account must be pending.")                                          \
  X(AMOUNT_MUST_BE_POSITIVE, 24, "amount_must_be_positive",                                        \
    "The amount must be at least 1.")                                                              \
  X(CODE_MUST_NOT_BE_ZERO, 25, "code_must_not_be_zero",                                            \
    "Say by a code why value moves.")                                                              \
  X(DEBIT_ACCOUNT_NOT_FOUND, 26, "debit_account_not_found",                                        \
    "There is no such debit account.")                                                             \
  X(CREDIT_ACCOUNT_NOT_FOUND, 27, "credit_account_not_found",                                      \
    "There is no such credit account.")                                                            \
  X(ACCOUNTS_MUST_HAVE_THE_SAME_ASSET, 28, "accounts_must_have_the_same_asset",                    \
    "The two accounts hold different assets.")                                                     \
  X(ACCOUNTS_MUST_HAVE_THE_SAME_ENTITY, 29, "accounts_must_have_the_same_entity",                  \
    "The two accounts are in the books of different legal entities; go through the "               \
    "inter-entity accounts.")                                                                      \
  X(TRANSFER_MUST_HAVE_THE_SAME_ASSET, 30, "transfer_must_have_the_same_asset_as_accounts",        \
    "The accounts hold another asset than the transfer names.")                                    \
  X(STRIPED_ACCOUNT_CANNOT_BALANCE, 31, "striped_account_cannot_balance",                          \
    "A striped account has no single balance to move; use an amount.")                             \
  X(STRIPED_ACCOUNT_CANNOT_CLOSE, 32, "striped_account_cannot_close",                              \
    "A striped account can't be closed.")                                                          \
  X(PERIOD_CLOSED, 33, "period_closed",                                                            \
    "The business date lies in a closed period.")                                                  \
  X(PENDING_TRANSFER_NOT_FOUND, 34, "pending_transfer_not_found",                                  \
    "There is no such hold.")                                                                      \
  X(PENDING_TRANSFER_NOT_PENDING, 35, "pending_transfer_not_pending",                              \
    "That transfer is not a hold.")                                                                \
  X(PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT, 36,                                              \
    "pending_transfer_has_different_debit_account_id",                                             \
    "The hold has another debit account; leave it out or name the same.")                          \
  X(PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT, 37,                                             \
    "pending_transfer_has_different_credit_account_id",                                            \
    "The hold has another credit account; leave it out or name the same.")                         \
  X(PENDING_TRANSFER_HAS_DIFFERENT_ASSET, 38, "pending_transfer_has_different_asset",              \
    "The hold is of another asset; leave it out or name the same.")                                \
  X(PENDING_TRANSFER_HAS_DIFFERENT_CODE, 39, "pending_transfer_has_different_code",                \
    "The hold has another code; leave it out or name the same.")                                   \
  X(EXCEEDS_PENDING_TRANSFER_AMOUNT, 40, "exceeds_pending_transfer_amount",                        \
    "More than was held.")                                                                         \
  X(PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT, 41, "pending_transfer_has_different_amount",            \
    "A hold is voided whole; leave the amount out or name the same.")                              \
  X(PENDING_TRANSFER_ALREADY_POSTED, 42, "pending_transfer_already_posted",                        \
    "The hold was posted.")                                                                        \
  X(PENDING_TRANSFER_ALREADY_VOIDED, 43, "pending_transfer_already_voided",                        \
    "The hold was voided.")                                                                        \
  X(PENDING_TRANSFER_EXPIRED, 44, "pending_transfer_expired",                                      \
    "The hold has expired.")                                                                       \
  X(PENDING_TRANSFER_NOT_DUE, 45, "pending_transfer_not_due",                                      \
    "The hold has not expired yet.")                                                               \
  X(REVERSAL_TARGET_NOT_FOUND, 46, "reversal_target_not_found",                                    \
    "There is no such transfer to reverse.")                                                       \
  X(REVERSAL_TARGET_NOT_POSTED, 47, "reversal_target_not_posted",                                  \
    "Only a transfer that moved value, and is no reversal itself, can be reversed.")               \
  X(REVERSAL_ACCOUNTS_MUST_SWAP, 48, "reversal_accounts_must_swap",                                \
    "A reversal debits what was credited and credits what was debited.")                           \
  X(REVERSAL_AMOUNT_MUST_MATCH, 49, "reversal_amount_must_match",                                  \
    "A reversal undoes the whole amount.")                                                         \
  X(ALREADY_REVERSED, 50, "already_reversed",                                                      \
    "The transfer was reversed before.")                                                           \
  X(DEBIT_ACCOUNT_ALREADY_CLOSED, 51, "debit_account_already_closed",                              \
    "The debit account is closed.")                                                                \
  X(CREDIT_ACCOUNT_ALREADY_CLOSED, 52, "credit_account_already_closed",                            \
    "The credit account is closed.")                                                               \
  X(DEBIT_ACCOUNT_FROZEN, 53, "debit_account_frozen",                                              \
    "The debit account is frozen.")                                                                \
  X(CREDIT_ACCOUNT_FROZEN, 54, "credit_account_frozen",                                            \
    "The credit account is frozen.")                                                               \
  X(OVERFLOWS_DEBITS_PENDING, 55, "overflows_debits_pending",                                      \
    "The account's holds would overflow.")                                                         \
  X(OVERFLOWS_CREDITS_PENDING, 56, "overflows_credits_pending",                                    \
    "The account's holds would overflow.")                                                         \
  X(OVERFLOWS_DEBITS_POSTED, 57, "overflows_debits_posted",                                        \
    "The account's debits would overflow.")                                                        \
  X(OVERFLOWS_CREDITS_POSTED, 58, "overflows_credits_posted",                                      \
    "The account's credits would overflow.")                                                       \
  X(OVERFLOWS_DEBITS, 59, "overflows_debits",                                                      \
    "The account's debits and holds would overflow.")                                              \
  X(OVERFLOWS_CREDITS, 60, "overflows_credits",                                                    \
    "The account's credits and holds would overflow.")                                             \
  X(OVERFLOWS_TIMEOUT, 61, "overflows_timeout",                                                    \
    "The hold would end beyond the end of time.")                                                  \
  X(EXCEEDS_CREDITS, 62, "exceeds_credits",                                                        \
    "The debit account does not hold enough.")                                                     \
  X(EXCEEDS_DEBITS, 63, "exceeds_debits",                                                          \
    "The credit account can't take that much.")
/* clang-format on */

typedef enum tael_result {
#define X(name, number, slug, sentence) TAEL_RESULT_##name = number,
  TAEL_RESULT_TABLE(X)
#undef X
} tael_result;

#endif
