/* move.h - a store into an empty one of the other kind: the parts that `tael migrate --from --to`
 * puts together. Both stores are migrated to the same schemas before; the source is at rest. */
#ifndef TAEL_DB_MOVE_H
#define TAEL_DB_MOVE_H

#include "db/db.h"

/* The mark of an unfinished copy: the state hash of its source. While it is there db_migrate, and
 * so every program, refuses the store. */
status db_move_bookkeeping(ctx *c, db *to); /* makes the tables the mark lies in */
status db_move_mark(ctx *c, db *to, sha256 *of, bool *found);
status db_move_begin(ctx *c, db *to, const sha256 *of);
status db_move_end(ctx *c, db *to);
/* Tables of modules in this store, by name; in c's arena. */
status db_table_names(ctx *c, db *d, str **names, size_t *count);
status db_count_rows(ctx *c, db *d, str table, int64_t *count);
/* Copies the rows that have not arrived yet, in the order of the key, a page a transaction of `to`;
 * `from` is in a transaction of the caller. */
status db_move_table(ctx *c, db *from, db *to, str table, int64_t *moved);

/* What a store that was moved away is told by; db_migrate refuses it, so that no server takes it.
 */
status db_move_leave(ctx *c, db *from, const sha256 *of);
status db_move_left(ctx *c, db *from, bool *out);

#endif
