/* status.c - the columns of STATUS_TABLE as functions. The table in status.h is the only place
 * where a status is described; a value outside it is a defect and stops the process. */
#include "base/base.h"

typedef struct status_row {
  int http;
  const char *slug;
  const char *text, *remedy;
} status_row;

static const status_row rows[] = {
#define X(symbol, http, slug, text, remedy) {http, slug, text, remedy},
    STATUS_TABLE(X)
#undef X
};

static const status_row *row_of(status s) {
  assert((size_t)s < COUNT_OF(rows));
  return &rows[s];
}

int status_http(status s) { return row_of(s)->http; }

const char *status_slug(status s) { return row_of(s)->slug; }

const char *status_text(status s) { return row_of(s)->text; }

const char *status_remedy(status s) { return row_of(s)->remedy; }
