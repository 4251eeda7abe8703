/* journal.h - private to pages: journal entries gathered from several references and shown in the
 * order they were made. */
#ifndef TAEL_PAGES_JOURNAL_H
#define TAEL_PAGES_JOURNAL_H

#include "modules/pages/handlers.h"

enum { JOURNAL_NAMES_MAX = 40 };
typedef struct journal {
  transfer *at;
  size_t count, room;
  struct {
    id owner;
    str name;
  } names[JOURNAL_NAMES_MAX];
  size_t name_count; /* whose accounts are called what */
} journal;
void journal_name(journal *j, id owner,
                  str name); /* beyond JOURNAL_NAMES_MAX: stays without a name */
status journal_add_ref(page *p, journal *j,
                       int64_t ref);      /* entries already there are not added again */
status journal_show(page *p, journal *j); /* sorts and writes the table "journal" */

/* "2001 Wallet" */
str account_label(page *p, const account *a);

#endif
