/* id.h - identities made by the program: 63 bits, 41 of real-clock milliseconds since 2010-01-01,
 * 10 of node, 12 of sequence; never zero, rising within a node. As text: a prefix, an underscore
 * and 13 characters of Crockford base 32 in lower case, so that ids of one kind sort as they were
 * made. The high-water mark that keeps ids unique over a clock that steps back is stored by the
 * engine (engine.h). */
#ifndef TAEL_ID_H
#define TAEL_ID_H

#include "base/base.h"
#include "base/ctx.h"

typedef int64_t id; /* 0: none */

/* X(symbol, prefix): every kind of thing that has an id on the outside. */
/* clang-format off */
#define ID_TABLE(X)                                                                               \
  X(ID_TENANT, "ten") X(ID_ENTITY, "ent") X(ID_USER, "usr") X(ID_API_KEY, "key")                  \
  X(ID_SESSION, "ses") X(ID_APPROVAL, "apr") X(ID_AUDIT, "aud") X(ID_ACCOUNT, "acc")              \
  X(ID_COMMAND, "cmd") X(ID_EVENT, "evt") X(ID_WEBHOOK, "whk") X(ID_DELIVERY, "dlv")              \
  X(ID_JOB, "job") X(ID_SHOP, "shp") X(ID_CONTRACT, "ctr") X(ID_PRODUCT, "prd")                   \
  X(ID_VARIANT, "var") X(ID_OFFER, "ofr") X(ID_WAREHOUSE, "whs") X(ID_CART, "crt")                \
  X(ID_ORDER, "ord") X(ID_CHILD_ORDER, "cho") X(ID_LINE, "lin") X(ID_REVIEW, "rev")               \
  X(ID_RETURN, "ret") X(ID_PURCHASE, "pur") X(ID_RECEIPT, "rcp") X(ID_PARCEL, "par")              \
  X(ID_TRACKING, "trk") X(ID_PAYMENT, "pay") X(ID_TENDER, "tnd") X(ID_ATTEMPT, "att")             \
  X(ID_REFUND, "rfd") X(ID_DISPUTE, "dsp") X(ID_SETTLEMENT, "stl") X(ID_PAYOUT, "pyo")            \
  X(ID_BREAK, "brk") X(ID_CAMPAIGN, "cmp") X(ID_CHANNEL, "chn") X(ID_CHECKPOINT, "ckp")           \
  X(ID_TOPUP, "top") X(ID_WITHDRAWAL, "wdr") X(ID_PROOF, "prf") X(ID_RESERVATION, "rsv")          \
  X(ID_PERIOD, "per") X(ID_IMPORT, "imp") X(ID_CATEGORY, "cat") X(ID_SUPPLIER, "sup")      \
  X(ID_VIEW, "vew")
/* clang-format on */

typedef enum id_kind {
#define X(symbol, prefix) symbol,
  ID_TABLE(X)
#undef X
      ID_KIND_COUNT
} id_kind;

enum { ID_TEXT_MAX = 20 }; /* prefix + '_' + 13 + zero */

id id_next(ctx *c);
const char *id_prefix(id_kind kind);
str id_print(arena *a, id_kind kind, id value);
void id_write(char out[static ID_TEXT_MAX], id_kind kind, id value);
MUST_USE bool id_parse(str text, id_kind kind, id *out); /* false: other prefix or not canonical */
instant id_time(id value);                               /* when it was made, to the millisecond */

/* node: 0..1023. real_clock is read at each id and may step back; ids never do. */
id_source *id_source_open(arena *a, uint32_t node, id high_water, instant (*real_clock)(void *),
                          void *arg);
id id_source_last(const id_source *s); /* the highest made or reserved so far */

/* 128-bit identity of a transfer, chosen by the caller: 26 characters of Crockford base 32 as text,
 * or 32 hex digits on input. Zero is not an id. */
typedef struct id128 {
  uint64_t low, high; /* in memory on a little-endian machine: one 128-bit little-endian integer */
} id128;
/* Time-ordered: an id_next in the high half, node and sequence of a second one and random bits
 * below. */
id128 id128_next(ctx *c);
bool id128_eq(id128 a, id128 b);
int id128_cmp(id128 a, id128 b);
bool id128_is_zero(id128 a);
str id128_print(arena *a, id128 value); /* 32 lower-case hex digits */
MUST_USE bool id128_parse(str text, id128 *out);

#endif
