/* status.h - every way an operation can end, in one table. The table yields the enum, the HTTP
 * status, the RFC 9457 type slug and the documentation, so that they cannot drift apart.
 *
 * Three kinds of failure: the caller's fault (4xx) is returned with fail(); the world's fault (503
 * family) is returned too, is retryable and is never acknowledged as done; our own fault is
 * assert(). */
#ifndef TAEL_STATUS_H
#define TAEL_STATUS_H

/* X(symbol, http, slug, what a person should know, what a program or its author does then) */
/* clang-format off */
#define STATUS_TABLE(X)                                                                          \
  X(OK, 200, "ok", "Done.",                                                                      \
    "-")                                                                                         \
  X(E_MALFORMED, 400, "malformed", "The request could not be read; see errors[].",               \
    "Mend the members that errors[] points at; as it is it fails again.")                        \
  X(E_UNAUTHENTICATED, 401, "unauthenticated", "Send a valid API key or sign in.",               \
    "Send Authorization: Bearer with a key in force, or sign in again.")                         \
  X(E_FORBIDDEN, 403, "forbidden", "The caller lacks the scope this route names.",               \
    "Use a key with that scope, or have somebody else do it.")                                   \
  X(E_NOT_FOUND, 404, "not_found", "There is no such thing, or it is not the caller's.",         \
    "Check the id, and whose key it is.")                                                        \
  X(E_METHOD, 405, "method_not_allowed", "The path exists, but not with this method.",           \
    "Use a method that Allow names.")                                                            \
  X(E_TIMEOUT, 408, "request_timeout", "The request did not arrive in time.",                    \
    "Send it again, whole, under the same Idempotency-Key.")                                     \
  X(E_CONFLICT, 409, "conflict", "The state of the thing does not allow this now.",              \
    "Read the thing again and decide anew.")                                                     \
  X(E_IN_FLIGHT, 409, "in_flight", "A request with this Idempotency-Key is still running.",      \
    "Send it again after Retry-After: it gets the first one's answer.")                          \
  X(E_TOO_LARGE, 413, "too_large", "The body is larger than this route accepts.",                \
    "Send less at once; the reference names each route's limit.")                                \
  X(E_URI_TOO_LONG, 414, "uri_too_long", "The request target is too long.",                      \
    "Shorten the query.")                                                                        \
  X(E_MEDIA_TYPE, 415, "media_type", "Send the content type this route accepts.",                \
    "Send Content-Type: application/json, or the one named for records.")                        \
  X(E_RULE, 422, "rule_refused", "Understood, but a rule refuses it.",                           \
    "detail names the rule, errors[] the member: change the request, or give it up.")            \
  X(E_FUNDS, 422, "insufficient_funds", "The account does not hold enough.",                     \
    "Lower the amount, or send it again when there is money.")                                   \
  X(E_STOCK, 422, "insufficient_stock", "There is not enough stock.",                            \
    "Order fewer, or send it again when goods have come.")                                       \
  X(E_EXPIRED, 422, "expired", "The time allowed for this has passed.",                          \
    "Begin anew: order again, propose again, take another voucher.")                             \
  X(E_KEY_REUSED, 422, "idempotency_key_reused", "This key was used with another body.",         \
    "Use a new key for a new request; never change a body under its key.")                       \
  X(E_PERIOD_CLOSED, 422, "period_closed", "The business date lies in a closed period.",         \
    "Use a later business date.")                                                                \
  X(E_RATE, 429, "rate_limited", "Too many requests; see Retry-After.",                          \
    "Wait for Retry-After, then send it again under the same Idempotency-Key.")                  \
  X(E_HEADERS, 431, "headers_too_large", "The header section is too large.",                     \
    "Send fewer or shorter headers and cookies.")                                                \
  X(E_INTERNAL, 500, "internal", "A defect of the program; nothing was changed.",                \
    "Report it with the time; the server's log has the particulars.")                            \
  X(E_NOT_SUPPORTED, 501, "not_supported", "The protocol feature is not supported.",             \
    "Leave the feature out: HTTP/1.1, no transfer coding but chunked.")                          \
  X(E_OVERLOADED, 503, "overloaded", "Too much work is queued; retry after Retry-After.",        \
    "Wait for Retry-After, then send it again under the same Idempotency-Key.")                  \
  X(E_STORE, 503, "store_unavailable", "The store failed; nothing was changed; retry.",          \
    "Send it again under the same Idempotency-Key, ever more slowly.")                           \
  X(E_UNKNOWN, 503, "outcome_unknown", "Retry with the same Idempotency-Key to learn it.",       \
    "It may have happened: send it again under the same key until the answer is yes or no.")     \
  X(E_CHANNEL, 503, "channel_unavailable", "An outside channel did not answer.",                 \
    "Send it again later under the same Idempotency-Key.")                                       \
  X(E_NO_MEMORY, 503, "no_memory", "The request needs more memory than it may have.",            \
    "Ask for less at once: a shorter page, a smaller body.")
/* clang-format on */

typedef enum status {
#define X(symbol, http, slug, text, remedy) symbol,
  STATUS_TABLE(X)
#undef X
      STATUS_COUNT
} status;

int status_http(status s);           /* 200..503 */
const char *status_slug(status s);   /* stable machine name, the `code` of a problem document */
const char *status_text(status s);   /* one English sentence */
const char *status_remedy(status s); /* another: what to do about it */

/* Passes a failure up. */
#define TRY(expression)                        \
  do {                                         \
    status try_status_ = (expression);         \
    if (try_status_ != OK) return try_status_; \
  } while (0)

#endif
