/* fts.h - private to src/db: full-text search on both stores. Words are cut alike on both: runs of
 * letters and digits, lower case, and each Chinese, Japanese or Korean character a word of its own,
 * so that a phrase of such words finds any part of a sentence. */
#ifndef TAEL_DB_FTS_H
#define TAEL_DB_FTS_H

#include "db/db.h"

struct sqlite3;
bool fts_register(struct sqlite3 *handle); /* the tokenizer "tael" */
/* What must follow the table in the schema, in the dialect; columns as written, comma-separated. */
void fts_schema(buf *b, db_kind kind, str table, str columns);

#endif
