/* result.c - the result table as look-ups. Pure; an unknown number is a defect and stops the
 * program. */
#include "ledger/result.h"

typedef struct result_row {
  const char *slug, *text;
  status code;
} result_row;

static const result_row rows[] = {
#define X(symbol, slug, status_, sentence) {slug, sentence, status_},
    LEDGER_RESULT_TABLE(X)
#undef X
};

static const result_row *row_of(ledger_result r) {
  assert((size_t)r < COUNT_OF(rows));
  return &rows[r];
}

const char *ledger_result_slug(ledger_result r) { return row_of(r)->slug; }

status ledger_result_status(ledger_result r) { return row_of(r)->code; }

const char *ledger_result_text(ledger_result r) { return row_of(r)->text; }

status ledger_result_status_of(ledger_result r, uint32_t asset) {
  status code = row_of(r)->code;
  return code == E_FUNDS && asset >= ASSET_FIRST_CUSTOM ? E_STOCK : code;
}
