/* ids.h - the id index of one lane: 128-bit transfer id -> sequence, exact over all history. It
 * decides whether an id was used before, so it decides whether money moves twice.
 *
 * The newest ids lie in memory tables; a background thread sorts full ones into run files in `dir`
 * (format: ids_run.h), each with checksums and filters, and merges runs so that a look-up touches
 * few. Nothing here is part of a commit: all of it follows from the stored transfers, and what is
 * missing or damaged on opening is dropped and fed again by the caller.
 *
 * Promises: an id that was added is found with its sequence; an id that was not is absent; a
 * damaged block is E_STORE, never "absent". Memory: about 40 MB of tables whatever the history,
 * beside mapped files. Never does: decide about durability (the caller adds what is committed),
 * allocate per add.
 *
 * Opening: ids_open; while ids_anchor does not match the store's chain, ids_drop_newest; then feed
 * ids_covered() + 1 .. the store's last sequence with ids_add, calling ids_seal where the chain's
 * head is known. After E_STORE from a find: close, open and feed again; the damaged file is gone by
 * then. One writer thread calls everything but the functions of views. */
#ifndef TAEL_LEDGER_IDS_H
#define TAEL_LEDGER_IDS_H

#include "base/hash.h"

enum { IDS_UNSEALED_MAX = 3 << 20 }; /* ids added between two calls of ids_seal, at most */

typedef struct ids ids;

/* `dir`: the folder of runs ("FILE-index"), made when missing; a folder has one writer, kept out by
 * the store's own lock. Empty: memory only, without a thread. Run files that are damaged, foreign
 * or do not join to 1..S are deleted. E_STORE: the folder can't be made or read. */
status ids_open(ctx *c, str dir, ids **out);
/* The runs as another process wrote them: deletes and writes nothing, needs no lock; a folder that
 * is not there covers nothing. ids_add feeds it the rest, in memory of its own. */
status ids_open_reader(ctx *c, str dir, ids **out);
void ids_close(
    ids *x); /* writes what was sealed, joins the thread; all views must be back. NULL: ok */

/* The highest S such that runs on disk hold all of 1..S; 0: none. */
int64_t ids_covered(ids *x);
/* Last sequence of the newest run and the chain's head after it. false: there is no run. */
bool ids_anchor(ids *x, int64_t *sequence, sha256 *head);
/* Forget the newest run: the store has another history. Before the first add. */
void ids_drop_newest(ids *x);

/* The next id of the lane: `sequence` is ids_last() + 1 and its transfer is committed; the id is
 * not in the index (of an id added twice either sequence may be found). */
void ids_add(ids *x, id128 key, int64_t sequence);
/* The same for sequences first, first + 1 ...: several times faster, as ids_find_many is. */
void ids_add_many(ids *x, const id128 *keys, size_t count, int64_t first);
/* Everything added so far is durable and the chain's head after it is `head`. Hands a full table to
 * the background; waits only when that has fallen two tables behind. */
void ids_seal(ids *x, const sha256 *head);
int64_t ids_last(const ids *x); /* the highest sequence added or covered */

/* *sequence 0: the id is absent. E_STORE: a damaged run; nothing is known about this id. */
status ids_find(ctx *c, ids *x, id128 key, int64_t *sequence);
/* The same for many at once, several times faster: memory is fetched for all before it is needed.
 */
status ids_find_many(ctx *c, ids *x, const id128 *keys, size_t count, int64_t *sequences);

/* Waits until nothing is left to write or merge: for tests, measurements and copies. */
void ids_settle(ids *x);
typedef struct ids_figures {
  size_t runs, tables;
  int64_t memory_bytes, file_bytes, written_ids, waits; /* waits: seals that had to wait */
} ids_figures;
ids_figures ids_look(ids *x);

/* --- for other threads of the process --------------------------------------------------------- */
/* What the index holds at this moment and every later add: it may know more than a reader's
 * snapshot of the store (compare the sequence found), and less when a commit is just being added:
 * then ids_view_last is below the snapshot's last sequence and the rest is read from the store. */
typedef struct ids_view ids_view;
ids_view *ids_view_take(ids *x); /* cheap; take, find, give back */
void ids_view_release(ids_view *v);
int64_t ids_view_last(const ids_view *v);
status ids_view_find(ctx *c, const ids_view *v, id128 key, int64_t *sequence);

#endif
