/* chainer.h - private: the hash chain of a group's records, a head for each page of them. A large
 * group's hashing is shared with a thread of its own, so that it runs beside the writing of pages:
 * whoever is free takes the next page, so a thread that is late or missing costs time, never a
 * result. The heads are the same whoever made them. */
#ifndef TAEL_LEDGER_CHAINER_H
#define TAEL_LEDGER_CHAINER_H

#include "ledger/inside.h"

typedef struct chainer chainer;

chainer *chainer_open(void); /* NULL: memory is short */
void chainer_close(chainer *h);
/* The records, of kind `kept`, in pages of PAGE_RECORDS, behind `head`. They must stay as they are
 * until chainer_end. E_NO_MEMORY. */
status chainer_begin(ctx *c, chainer *h, const sha256 *head, const pool *records);
/* The chain's head after a page; pages are asked for in order. */
sha256 chainer_head(chainer *h, size_t page);
void chainer_end(chainer *h); /* also before all pages were asked for */

#endif
