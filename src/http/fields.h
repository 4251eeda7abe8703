/* fields.h - private to src/http: what the two readers of bodies share. fields.c reads through the
 * library's tree and knows every word of refusal; direct.c reads the bytes themselves and takes
 * only what is beyond doubt. */
#ifndef TAEL_HTTP_FIELDS_H
#define TAEL_HTTP_FIELDS_H

#include "http/inside.h"
#include <jansson.h>

/* Where we are: a chain on the stack, turned into a JSON pointer only when something is wrong. */
typedef struct place {
  const struct place *parent;
  const char *name; /* NULL: an element */
  size_t index;
} place;

typedef struct reader {
  ctx *c;
  bool is_query;
} reader;

/* One value: as the tree's, or as plain text (of a query, or taken directly from the body). */
typedef struct value {
  json_t *json; /* NULL: text */
  str text;
} value;

/* Neither an object nor an array. What is wrong is in the fault of r->c. */
void field_read_scalar(const reader *r, const field *f, const place *at, value v, char *to);
/* `given`: bits of the members that were sent and are not null. */
void fields_check_required(const reader *r, const shape *s, const place *parent, uint64_t given);

/* Reads `json` into `made` (zeroed, of s->size bytes). false: it is not certain that the tree would
 * give just the same; `made` and the fault are rubbish then, and the tree must be asked. Escapes,
 * raw JSON members and everything that is wrong are left to the tree. Texts are copied. */
MUST_USE bool direct_parse(ctx *c, const shape *s, str json, size_t depth_max, void *made);
/* By the tree alone: what shape_parse_deep does when direct_parse declines. */
status tree_parse(ctx *c, const shape *s, str json, size_t depth_max, void *made);

#endif
