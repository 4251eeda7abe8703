/* store.h - private to identity's store*.c: the words both are written in. */
#ifndef TAEL_IDENTITY_STORE_H
#define TAEL_IDENTITY_STORE_H

#include "modules/identity/inside.h"

#define DB_HASH(h) DB_BYTES((h).bytes, sizeof(h).bytes)
sha256 identity_get_hash(const db_rows *rows, int column); /* all zero: there is none */
/* A list that grows while rows come in: at most `max` rows of `size` bytes. */
void *identity_next_item(ctx *c, void **items, size_t *count, int64_t max, size_t size);

#endif
