/* page_cache.h - the cache of pages that SQLite works with, instead of its own.
 *
 * Why: SQLite keeps what it knows of a page right behind the page, so all of it lies at the same
 * few places of the processor's cache and looking for a page misses each time; and when a page has
 * borrowed a number beyond the end of the file, which balancing a tree does, a commit walks through
 * all there are. Here the heads lie together, the pages on huge pages of the machine, and a commit
 * looks only at numbers that are there.
 *
 * Limits: for all connections of the process, each of which must be used by one thread at a time.
 * Memory of a cache is given back when it is closed. */
#ifndef TAEL_DB_PAGE_CACHE_H
#define TAEL_DB_PAGE_CACHE_H

#include <stdbool.h>

/* Before SQLite is used for the first time; false: too late, SQLite keeps its own. */
bool page_cache_install(void);

#endif
