/* webhook.h - Standard Webhooks 1.0: signing and verifying. A secret is 24 to 64 random bytes, as
 * text "whsec_" and base64; a signature is HMAC-SHA256 over "id.timestamp.body", as text "v1," and
 * base64. Several signatures, apart by spaces, let a secret be changed without losing a message.
 * Pure: the time is an argument, nothing is sent. */
#ifndef TAEL_WIRE_WEBHOOK_H
#define TAEL_WIRE_WEBHOOK_H

#include "base/base.h"

enum { WEBHOOK_SECRET_MIN = 24, WEBHOOK_SECRET_MAX = 64, WEBHOOK_TOLERANCE_S = 300 };

typedef struct webhook_secret {
  uint8_t bytes[WEBHOOK_SECRET_MAX];
  size_t len; /* 0: there is none */
} webhook_secret;

typedef struct webhook_message {
  str id;              /* header webhook-id: the same at each try */
  int64_t timestamp_s; /* header webhook-timestamp: of this try, seconds since 1970 */
  str body;            /* the exact bytes sent */
} webhook_message;

str webhook_secret_print(arena *a, const webhook_secret *secret);
MUST_USE bool
webhook_secret_parse(str text,
                     webhook_secret *out); /* false: not "whsec_" and base64 of 24..64 bytes */

/* The value of header webhook-signature: one signature a secret that is there, in order. */
str webhook_sign(arena *a, const webhook_secret *secrets, size_t count, const webhook_message *m);
/* True when one of the signatures in the header is by one of the secrets and the timestamp is
 * within the tolerance of now, either way. Compares in constant time. */
MUST_USE bool webhook_verify(arena *a, const webhook_secret *secrets, size_t count,
                             const webhook_message *m, str signatures, int64_t now_s);

#endif
