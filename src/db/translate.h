/* translate.h - private to src/db: a schema step as a list of statements with the notes that belong
 * to them, and its text in a store's dialect. Pure. */
#ifndef TAEL_DB_TRANSLATE_H
#define TAEL_DB_TRANSLATE_H

#include "db/db.h"

/* One statement of a step and the comment lines after its semicolon. */
typedef struct schema_statement {
  str text;  /* without the semicolon */
  str notes; /* up to the next statement */
  str table; /* the name after "create table"; empty for anything else */
} schema_statement;

bool schema_next(str *rest, schema_statement *out);
/* Looks for a line "-- NOTE" or "-- NOTE rest" in the statement or behind it; *value is the rest.
 */
bool schema_is_for(const schema_statement *s, db_kind kind); /* not of the other store only */
bool schema_note(const schema_statement *s, str note, str *value);
/* by_grant: PostgreSQL's append-only tables get no trigger, only REVOKE (distributed tables). */
str schema_translate(arena *a, db_kind kind, str plain_sql, bool by_grant);

#endif
