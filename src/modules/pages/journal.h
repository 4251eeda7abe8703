/* journal.h - private to pages: journal entries gathered from several references and shown in the order they were made. */
#ifndef TAEL_PAGES_JOURNAL_H
#define TAEL_PAGES_JOURNAL_H

#include "modules/pages/handlers.h"

typedef struct journal { transfer *at; size_t count, room; } journal;
status journal_add_ref(page *p, journal *j, int64_t ref); /* entries already there are not added again */
status journal_show(page *p, journal *j);                 /* sorts and writes the table "journal" */

/* "wallet usr_..." : what an account is and whose. */
str account_label(page *p, const account *a);

#endif
