/* chart.c - the chart of accounts and the reasons of transfers as look-ups over the tables of
 * chart.h. Pure. */
#include "ledger/chart.h"
#include "ledger/ledger.h"

static const chart_row chart[] = {
#define X(symbol, code, class_, safe, flags, en, zh) {code, class_, safe, flags, en, zh},
    CHART_TABLE(X)
#undef X
};

/* The table is short and rises by code: a binary search costs no more than a hash. */
const chart_row *chart_find(uint16_t code) {
  size_t low = 0, high = COUNT_OF(chart);
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (chart[middle].code == code) return &chart[middle];
    if (chart[middle].code < code)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

const chart_row *chart_all(size_t *count) {
  *count = COUNT_OF(chart);
  return chart;
}

typedef struct reason_row {
  uint16_t code;
  const char *en, *zh;
} reason_row;

static const reason_row reasons[] = {
#define X(symbol, code, en, zh) {code, en, zh},
    REASON_TABLE(X)
#undef X
};

const char *reason_text(uint16_t code, bool chinese) {
  for (size_t i = 0; i < COUNT_OF(reasons); i++) {
    if (reasons[i].code == code) return chinese ? reasons[i].zh : reasons[i].en;
  }
  return "?";
}
