/* shapes.c - the field tables of the books module and the way from the ledger's structs to them.
 * Pure. */
#include "modules/books/shapes.h"

static const char *const kind_names[] = {
    "transfer",         "pending",       "post",           "void",     "balancing_debit",
    "balancing_credit", "closing_debit", "closing_credit", "reversal", NULL};
static const char *const mode_names[] = {"atomic", "independent", NULL};
static const char *const side_names[] = {"credit", "debit", NULL};

static const uint16_t kind_flags[] = {0,
                                      TRANSFER_PENDING,
                                      TRANSFER_POST,
                                      TRANSFER_VOID,
                                      TRANSFER_BALANCING_DEBIT,
                                      TRANSFER_BALANCING_CREDIT,
                                      TRANSFER_CLOSING_DEBIT | TRANSFER_PENDING,
                                      TRANSFER_CLOSING_CREDIT | TRANSFER_PENDING,
                                      TRANSFER_REVERSAL};

uint16_t books_flags(int kind, bool linked) {
  return (uint16_t)(kind_flags[kind] | (linked ? TRANSFER_LINKED : 0));
}

static int kind_of(uint16_t flags) {
  if (flags & TRANSFER_EXPIRY) return KIND_VOID;
  for (int k = KIND_REVERSAL; k > KIND_TRANSFER; k--)
    if ((flags & kind_flags[k]) == kind_flags[k]) return k;
  return KIND_TRANSFER;
}

#define MINOR MONEY_MAX_JSON

static const field account_in_fields[] = {
    F_ID(account_in, owner, 0, ID_USER,
         "The person it belongs to, one account an asset; left out: a new account of its own."),
    F_INT(account_in, asset, FIELD_REQUIRED, 1, UINT32_MAX,
          "ISO 4217 number (156 CNY, 986 BRL) or a registered asset."),
    F_BOOL(account_in, no_debit_balance, 0, "Debits may not exceed credits plus the allowance."),
    F_BOOL(account_in, no_credit_balance, 0, "Credits may not exceed debits plus the allowance."),
    F_BOOL(account_in, striped, 0,
           "A row per writer for a hot account; then it can't have a floor."),
    F_AMOUNT(account_in, allowance, 0, 0, MINOR, "How far past its floor it may go, minor units."),
};
SHAPE(account_in_shape, "NewAccount", account_in, account_in_fields);

static const field account_fields[] = {
    F_ID(account_out, account, 0, ID_ACCOUNT, "The account."),
    F_ID(account_out, tenant, 0, ID_TENANT, "Whose walls it stands in."),
    F_ID(account_out, entity, 0, ID_ENTITY, "The legal entity whose books it is in."),
    F_INT(account_out, owner, FIELD_OMIT_ZERO, INT64_MIN, INT64_MAX,
          "What it belongs to, as a number."),
    F_INT(account_out, asset, 0, 0, UINT32_MAX, "The asset's number."),
    F_INT(account_out, code, 0, 0, UINT16_MAX, "Its place in the chart of accounts."),
    F_STR(account_out, name, 0, 0, 100, "The chart's name of it."),
    F_BOOL(account_out, no_debit_balance, 0, "Refuses to fall below its floor."),
    F_BOOL(account_out, no_credit_balance, 0, "Refuses to rise above its ceiling."),
    F_BOOL(account_out, striped, 0, "Kept as a row per writer."),
    F_BOOL(account_out, frozen, 0, "Refuses new transfers."),
    F_BOOL(account_out, closed, 0, "Closed by a closing transfer."),
    F_AMOUNT(account_out, allowance, 0, 0, MINOR, "How far past its floor it may go."),
    F_AMOUNT(account_out, debits_posted, 0, 0, MINOR, "All that was debited."),
    F_AMOUNT(account_out, credits_posted, 0, 0, MINOR, "All that was credited."),
    F_AMOUNT(account_out, debits_pending, 0, 0, MINOR, "Held on the debit side."),
    F_AMOUNT(account_out, credits_pending, 0, 0, MINOR, "Held on the credit side."),
    F_AMOUNT(account_out, balance, 0, -MINOR, MINOR, "Credits less debits, posted."),
    F_AMOUNT(account_out, available, 0, -MINOR, MINOR,
             "What it can still give, holds and allowance counted."),
    F_TIME(account_out, opened_at, 0, "When it was opened."),
};
SHAPE(account_shape, "Account", account_out, account_fields);

static const field transfer_in_fields[] = {
    F_ID128(transfer_in, id, FIELD_REQUIRED,
            "Chosen by the caller, unique for ever: sending it again changes nothing."),
    F_ID(transfer_in, debit_account, 0, ID_ACCOUNT, "From; not for post and void."),
    F_ID(transfer_in, credit_account, 0, ID_ACCOUNT, "To; not for post and void."),
    F_AMOUNT(transfer_in, amount, 0, 0, MINOR, "Minor units, above 0; post: 0 for the whole hold."),
    F_ID128(transfer_in, pending_id, 0,
            "The hold that post and void end; the transfer a reversal undoes."),
    F_ENUM(transfer_in, kind, 0, kind_names, "What it does; left out: transfer."),
    F_BOOL(transfer_in, linked, 0, "Succeeds or fails with the next one of the same request."),
    F_INT(transfer_in, timeout_s, 0, 0, UINT32_MAX, "Pending: seconds until it expires; 0: never."),
    F_INT(transfer_in, code, 0, 0, UINT16_MAX, "Why, of the caller's own numbering; left out: 1."),
    F_INT(transfer_in, ref, 0, INT64_MIN, INT64_MAX, "A reference of the caller's."),
};
SHAPE(transfer_in_shape, "NewTransfer", transfer_in, transfer_in_fields);

/* What an accepted transfer answers: nothing that is known only after the commit, so that the same
 * transfer sent again is answered in the same bytes. */
#define ACCEPTED_FIELDS                                                                           \
  F_ID128(transfer_out, id, 0, "The transfer."),                                                  \
      F_ID(transfer_out, debit_account, 0, ID_ACCOUNT, "From."),                                  \
      F_ID(transfer_out, credit_account, 0, ID_ACCOUNT, "To."),                                   \
      F_AMOUNT(transfer_out, amount, 0, 0, MINOR, "Minor units moved or held."),                  \
      F_INT(transfer_out, asset, 0, 0, UINT32_MAX, "Of which asset."),                            \
      F_ENUM(transfer_out, kind, 0, kind_names, "What it did."),                                  \
      F_BOOL(transfer_out, linked, FIELD_OMIT_ZERO, "Part of a chain."),                          \
      F_ID128(transfer_out, pending_id, FIELD_OMIT_ZERO,                                          \
              "The hold it ended or the transfer it reversed."),                                  \
      F_INT(transfer_out, timeout_s, FIELD_OMIT_ZERO, 0, UINT32_MAX, "Seconds a hold may live."), \
      F_INT(transfer_out, code, 0, 0, UINT16_MAX, "Why."),                                        \
      F_STR(transfer_out, reason, 0, 0, 100, "Why, in words."),                                   \
      F_INT(transfer_out, ref, FIELD_OMIT_ZERO, INT64_MIN, INT64_MAX, "The caller's reference."), \
      F_ID(transfer_out, command, FIELD_OMIT_ZERO, ID_COMMAND, "The command it was part of."),    \
      F_DATE(transfer_out, business_date, 0, "Business date.")
static const field accepted_fields[] = {ACCEPTED_FIELDS};
SHAPE(accepted_shape, "AcceptedTransfer", transfer_out, accepted_fields);
static const field transfer_fields[] = {
    ACCEPTED_FIELDS,
    F_TIME(transfer_out, time, 0, "Engine time."),
    F_INT(transfer_out, lane, 0, 0, UINT16_MAX, "The writer."),
    F_INT(transfer_out, sequence, 0, 0, INT64_MAX, "Position in the writer's chain."),
};
SHAPE(transfer_shape, "Transfer", transfer_out, transfer_fields);

static const field bulk_in_fields[] = {
    F_ENUM(bulk_in, mode, 0, mode_names,
           "atomic: all or nothing; independent: each by itself or by its chain."),
    F_ARRAY(bulk_in, transfers, FIELD_REQUIRED, 1, BULK_TRANSFERS_MAX, &transfer_in_shape,
            "In this order."),
};
SHAPE(bulk_in_shape, "NewTransfers", bulk_in, bulk_in_fields);
static const field bulk_result_fields[] = {
    F_INT(bulk_result, index, 0, 0, BULK_TRANSFERS_MAX, "Position in the request, from 0."),
    F_ID128(bulk_result, id, 0, "The transfer."),
    F_STR(bulk_result, result, 0, 0, 60, "\"ok\", \"exists\" or why not."),
    F_STR(bulk_result, detail, FIELD_OMIT_ZERO, 0, 300, "The reason in a sentence."),
};
static SHAPE(bulk_result_shape, "TransferResult", bulk_result, bulk_result_fields);
static const field bulk_out_fields[] = {
    F_INT(bulk_out, accepted, 0, 0, BULK_TRANSFERS_MAX, "How many were accepted."),
    F_ARRAY(bulk_out, results, 0, 0, BULK_TRANSFERS_MAX, &bulk_result_shape,
            "One a transfer, in order."),
};
SHAPE(bulk_out_shape, "TransferResults", bulk_out, bulk_out_fields);

static const field reverse_fields[] = {
    F_ID128(reverse_in, id, FIELD_REQUIRED, "The id of the reversal.")};
SHAPE(reverse_in_shape, "NewReversal", reverse_in, reverse_fields);

static const field balance_fields[] = {
    F_ID(balance_out, account, 0, ID_ACCOUNT, "The account."),
    F_TIME(balance_out, at, 0, "Up to and with this engine time."),
    F_AMOUNT(balance_out, debits_posted, 0, 0, MINOR, "All debited by then."),
    F_AMOUNT(balance_out, credits_posted, 0, 0, MINOR, "All credited by then."),
    F_AMOUNT(balance_out, debits_pending, 0, 0, MINOR, "Held on the debit side then."),
    F_AMOUNT(balance_out, credits_pending, 0, 0, MINOR, "Held on the credit side then."),
    F_AMOUNT(balance_out, balance, 0, -MINOR, MINOR, "Credits less debits, posted."),
};
SHAPE(balance_shape, "Balance", balance_out, balance_fields);

static const field line_fields[] = {
    F_OBJECT(line_out, transfer, 0, &transfer_shape, "The transfer."),
    F_ENUM(line_out, side, 0, side_names, "This account's side of it."),
    F_AMOUNT(line_out, balance_after, 0, -MINOR, MINOR, "Credits less debits after it."),
};
SHAPE(line_shape, "StatementLine", line_out, line_fields);

static const field trial_fields[] = {
    F_ID(trial_out, entity, 0, ID_ENTITY, "Legal entity."),
    F_INT(trial_out, code, 0, 0, UINT16_MAX, "Chart code."),
    F_STR(trial_out, name, 0, 0, 100, "English name."),
    F_STR(trial_out, name_zh, 0, 0, 100, "Chinese name."),
    F_STR(trial_out, account_class, 0, 0, 20,
          "asset, liability, equity, income, expense or units."),
    F_INT(trial_out, asset, 0, 0, UINT32_MAX, "Asset number."),
    F_INT(trial_out, accounts, 0, 0, INT64_MAX, "How many accounts."),
    F_AMOUNT(trial_out, debits, 0, 0, MINOR, "Posted debits."),
    F_AMOUNT(trial_out, credits, 0, 0, MINOR, "Posted credits."),
    F_AMOUNT(trial_out, balance, 0, -MINOR, MINOR, "Credits less debits."),
};
SHAPE(trial_shape, "TrialBalanceLine", trial_out, trial_fields);

static const field chart_fields[] = {
    F_INT(chart_out, code, 0, 0, UINT16_MAX, "Chart code."),
    F_STR(chart_out, name, 0, 0, 100, "English name."),
    F_STR(chart_out, name_zh, 0, 0, 100, "Chinese name."),
    F_STR(chart_out, account_class, 0, 0, 20,
          "asset, liability, equity, income, expense or units."),
    F_BOOL(chart_out, safeguarded, 0, "Counted in the safeguarding proof."),
};
SHAPE(chart_shape, "ChartRow", chart_out, chart_fields);

static const field period_fields[] = {
    F_ID(period_in, entity, FIELD_REQUIRED, ID_ENTITY, "Whose books."),
    F_DATE(period_in, through, FIELD_REQUIRED, "The last business date of the period."),
};
SHAPE(period_in_shape, "PeriodClose", period_in, period_fields);

static const field account_query_fields[] = {
    F_PAGE(account_query),
    F_ID(account_query, owner, 0, ID_USER, "Whose accounts; left out: the caller's tenant's own."),
};
SHAPE(account_query_shape, "AccountQuery", account_query, account_query_fields);
static const field at_fields[] = {
    F_TIME(at_query, at, 0, "Engine time, inclusive; left out: now.")};
SHAPE(at_query_shape, "AtQuery", at_query, at_fields);
static const field statement_query_fields[] = {
    F_PAGE(statement_query),
    F_BOOL(statement_query, forward, 0, "Oldest first; left out: newest first."),
};
SHAPE(statement_query_shape, "StatementQuery", statement_query, statement_query_fields);
static const field trial_query_fields[] = {
    F_PAGE(trial_query),
    F_ID(trial_query, entity, 0, ID_ENTITY, "One legal entity; left out: all."),
};
SHAPE(trial_query_shape, "TrialQuery", trial_query, trial_query_fields);
static const field page_query_fields[] = {F_PAGE(page_query)};
SHAPE(page_query_shape, "PageQuery", page_query, page_query_fields);

static const field checkpoint_fields[] = {
    F_ID(checkpoint_out, checkpoint, 0, ID_CHECKPOINT, "The checkpoint."),
    F_TIME(checkpoint_out, at, 0, "When it was sealed."),
    F_STR(checkpoint_out, body, 0, 0, 0,
          "What is signed: a line a lane with its sequence and head."),
    F_STR(checkpoint_out, signature, 0, 0, 128, "Ed25519 over the body, hex."),
    F_STR(checkpoint_out, public_key, 0, 0, 64, "The store's key, hex."),
};
SHAPE(checkpoint_shape, "Checkpoint", checkpoint_out, checkpoint_fields);

void books_checkpoint_out(arena *a, const checkpoint *seal, checkpoint_out *out) {
  *out = (checkpoint_out){.checkpoint = seal->checkpoint_id,
                          .at = seal->at,
                          .body = seal->body,
                          .signature = str_hex(a, seal->signature, sizeof seal->signature),
                          .public_key = str_hex(a, seal->public_key, sizeof seal->public_key)};
}

const char *books_class_name(account_class class_) {
  static const char *const names[] = {"asset", "liability", "equity", "income", "expense", "units"};
  return names[class_];
}

void books_account_out(const account *a, account_out *out) {
  const chart_row *row = chart_find(a->code);
  *out = (account_out){.account = a->account_id,
                       .tenant = a->tenant,
                       .entity = a->entity,
                       .owner = a->owner,
                       .asset = a->asset,
                       .code = a->code,
                       .name = str_from(row == NULL ? "" : row->name_en),
                       .allowance = a->allowance,
                       .opened_at = a->opened_at,
                       .no_debit_balance = (a->flags & ACCOUNT_NO_DEBIT_BALANCE) != 0,
                       .no_credit_balance = (a->flags & ACCOUNT_NO_CREDIT_BALANCE) != 0,
                       .striped = (a->flags & ACCOUNT_STRIPED) != 0,
                       .frozen = (a->flags & ACCOUNT_FROZEN) != 0,
                       .closed = (a->flags & ACCOUNT_CLOSED) != 0,
                       .debits_posted = a->debits_posted,
                       .credits_posted = a->credits_posted,
                       .debits_pending = a->debits_pending,
                       .credits_pending = a->credits_pending,
                       .balance = account_balance(a)};
  bool floored = out->no_debit_balance || out->no_credit_balance;
  out->available = floored ? account_available(a) : out->balance;
}

void books_transfer_out(const transfer *t, transfer_out *out) {
  *out = (transfer_out){.id = t->id,
                        .debit_account = t->debit_account,
                        .credit_account = t->credit_account,
                        .amount = t->amount,
                        .pending_id = t->pending_id,
                        .kind = kind_of(t->flags),
                        .linked = (t->flags & TRANSFER_LINKED) != 0,
                        .timeout_s = t->timeout_s,
                        .code = t->code,
                        .reason = str_from(reason_text(t->code, false)),
                        .ref = t->ref,
                        .asset = t->asset,
                        .command = t->command,
                        .time = t->time,
                        .business_date = t->business_date,
                        .lane = t->lane,
                        .sequence = t->sequence};
}
