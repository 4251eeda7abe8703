/* http_client.h - one request to a channel over HTTP, with keep-alive per thread and a time limit;
 * private to channels/. */
#ifndef TAEL_CHANNELS_HTTP_CLIENT_H
#define TAEL_CHANNELS_HTTP_CLIENT_H

#include "base/base.h"

enum { CHANNEL_TIMEOUT_MS = 3000, CHANNEL_BODY_MAX = 16 << 20 };

typedef struct channel_reply {
  bool arrived; /* false: no answer in time, or it was cut off: nobody knows what happened there */
  bool never_sent; /* false with !arrived: it may have been carried out; true: there was no
                      connection at all */
  int http_status;
  str body; /* in the arena */
} channel_reply;

/* body empty and method GET: no body is sent. Status other than OK: could not even try. */
status channel_http(ctx *c, const char *method, str url, str json_body, channel_reply *out);

#endif
