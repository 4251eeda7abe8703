/* status.h - every way an operation can end, in one table. The table yields the enum, the HTTP
 * status, the RFC 9457 type slug and the documentation, so that they cannot drift apart.
 *
 * Three kinds of failure: the caller's fault (4xx) is returned with fail(); the world's fault (503
 * family) is returned too, is retryable and is never acknowledged as done; our own fault is
 * assert(). */
#ifndef TAEL_STATUS_H
#define TAEL_STATUS_H

/* X(symbol, http, slug, what a person should know) */
/* clang-format off */
#define STATUS_TABLE(X)                                                                          \
  X(OK, 200, "ok", "Done.")                                                                      \
  X(E_MALFORMED, 400, "malformed", "The request could not be read; see errors[].")               \
  X(E_UNAUTHENTICATED, 401, "unauthenticated", "Send a valid API key or sign in.")               \
  X(E_FORBIDDEN, 403, "forbidden", "The caller lacks the scope this route names.")               \
  X(E_NOT_FOUND, 404, "not_found", "There is no such thing, or it is not the caller's.")         \
  X(E_METHOD, 405, "method_not_allowed", "The path exists, but not with this method.")           \
  X(E_TIMEOUT, 408, "request_timeout", "The request did not arrive in time.")                    \
  X(E_CONFLICT, 409, "conflict", "The state of the thing does not allow this now.")              \
  X(E_IN_FLIGHT, 409, "in_flight", "A request with this Idempotency-Key is still running.")      \
  X(E_TOO_LARGE, 413, "too_large", "The body is larger than this route accepts.")                \
  X(E_URI_TOO_LONG, 414, "uri_too_long", "The request target is too long.")                      \
  X(E_MEDIA_TYPE, 415, "media_type", "Send the content type this route accepts.")                \
  X(E_RULE, 422, "rule_refused", "Understood, but a rule refuses it.")                           \
  X(E_FUNDS, 422, "insufficient_funds", "The account does not hold enough.")                     \
  X(E_STOCK, 422, "insufficient_stock", "There is not enough stock.")                            \
  X(E_EXPIRED, 422, "expired", "The time allowed for this has passed.")                          \
  X(E_KEY_REUSED, 422, "idempotency_key_reused", "This key was used with another body.")         \
  X(E_PERIOD_CLOSED, 422, "period_closed", "The business date lies in a closed period.")         \
  X(E_RATE, 429, "rate_limited", "Too many requests; see Retry-After.")                          \
  X(E_HEADERS, 431, "headers_too_large", "The header section is too large.")                     \
  X(E_INTERNAL, 500, "internal", "A defect of the program; nothing was changed.")                \
  X(E_NOT_SUPPORTED, 501, "not_supported", "The protocol feature is not supported.")             \
  X(E_OVERLOADED, 503, "overloaded", "Too much work is queued; retry after Retry-After.")        \
  X(E_STORE, 503, "store_unavailable", "The store failed; nothing was changed; retry.")          \
  X(E_UNKNOWN, 503, "outcome_unknown", "Retry with the same Idempotency-Key to learn it.")       \
  X(E_CHANNEL, 503, "channel_unavailable", "An outside channel did not answer.")                 \
  X(E_NO_MEMORY, 503, "no_memory", "The request needs more memory than it may have.")
/* clang-format on */

typedef enum status {
#define X(symbol, http, slug, text) symbol,
  STATUS_TABLE(X)
#undef X
} status;

int status_http(status s);         /* 200..503 */
const char *status_slug(status s); /* stable machine name, the `code` of a problem document */
const char *status_text(status s); /* one English sentence */

/* Passes a failure up. */
#define TRY(expression)                        \
  do {                                         \
    status try_status_ = (expression);         \
    if (try_status_ != OK) return try_status_; \
  } while (0)

#endif
