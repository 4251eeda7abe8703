/* inside.h - private to src/modules/institutions: rows, rules, store, sending and the states of the
 * commands. */
#ifndef TAEL_INSTITUTIONS_INSIDE_H
#define TAEL_INSTITUTIONS_INSIDE_H

#include "modules/institutions/institutions.h"
#include "wire/webhook.h"

#include <sys/socket.h>

enum {
  WEBHOOK_URL_MAX = 500,
  WEBHOOK_EVENTS_MAX = 1000,
  WEBHOOK_TRIES_MAX = 10, /* the first try and nine more over three days */
  WEBHOOK_TIMEOUT_S = 15,
  WEBHOOK_OLD_SECRET_S = 24 * 3600, /* how long both secrets sign after a rotation */
  FAN_OUT_MAX = 500,                /* events in one commit */
  FAN_OUT_EVERY_S = 2,
};

typedef enum webhook_state { WEBHOOK_ACTIVE, WEBHOOK_DISABLED, WEBHOOK_GONE } webhook_state;
typedef enum delivery_state { DELIVERY_WAITING, DELIVERY_DONE, DELIVERY_FAILED } delivery_state;
extern const char *const webhook_states[], *const delivery_states[];

typedef struct webhook_row {
  id webhook, tenant;
  str url, events; /* events: patterns apart by blanks: "order.paid", "order.*", "*" */
  int state;
  str secret, old_secret; /* sealed */
  instant old_until;      /* business time; the old secret signs until then */
  instant created_at;
} webhook_row;

typedef struct delivery_row {
  id webhook, event_id, delivery, aggregate;
  str type;
  int state;
  int64_t tries;
  instant next_at, ended_at; /* business time */
  int64_t http_status;
  str error;
} delivery_row;

typedef struct attempt_row {
  int64_t number;
  instant tried_at;
  int64_t http_status;
  str error;
  int64_t took_ms;
} attempt_row;

/* --- rules: institutions.c, pure -------------------------------------------------------------- */
typedef struct url_parts {
  str host;
  int port;
} url_parts;
MUST_USE bool webhook_url_parse(arena *a, str url,
                                url_parts *out); /* http or https, no user, no fragment */
MUST_USE bool webhook_events_check(str patterns);
bool webhook_wants(const webhook_row *w, id platform, const event *e);
bool webhook_address_is_public(const struct sockaddr *address);
/* How long until the next try after `tries` of them failed, in seconds; -1: no more. */
int64_t webhook_retry_s(int64_t tries);
typedef struct attempt_result {
  int64_t http_status;
  str error;
  int64_t took_ms;
} attempt_result; /* status 0: no answer */
delivery_row webhook_after_attempt(const delivery_row *before, const attempt_result *got,
                                   instant now);
str webhook_body(arena *a, const event *e); /* the JSON sent */

/* --- store: store.c --------------------------------------------------------------------------- */
status webhook_save(ctx *c, db *d, const webhook_row *w);
status webhook_update(ctx *c, db *d, const webhook_row *w);
status webhook_load(ctx *c, db *d, id webhook, webhook_row *out, bool *found);
status webhook_lock(ctx *c, db *d, id webhook, webhook_row *out, bool *found);
status webhook_list(ctx *c, db *d, id tenant, id after, int64_t max, webhook_row **out,
                    size_t *count);
status webhook_list_active(ctx *c, db *d, webhook_row **out, size_t *count);
status webhook_load_cursor(ctx *c, db *d, id *event_id, bool *found);
status webhook_lock_cursor(ctx *c, db *d, id *event_id, bool *found);
status webhook_open_cursor(ctx *c, db *d, id event_id);
status webhook_move_cursor(ctx *c, db *d, id event_id);
status webhook_last_event(ctx *c, db *d, id *event_id);
status webhook_save_delivery(ctx *c, db *d, const delivery_row *row);
status webhook_update_delivery(ctx *c, db *d, const delivery_row *row);
status webhook_load_delivery(ctx *c, db *d, id delivery, delivery_row *out, bool *found);
status webhook_lock_delivery(ctx *c, db *d, id delivery, delivery_row *out, bool *found);
status webhook_list_deliveries(ctx *c, db *d, id webhook, id before, int64_t max,
                               delivery_row **out, size_t *count);
status webhook_next_waiting(ctx *c, db *d, id webhook, id aggregate, id *delivery); /* 0: none */
status webhook_heads(ctx *c, db *d, id webhook, id **deliveries,
                     size_t *count); /* the first waiting of each aggregate */
status webhook_replay_since(ctx *c, db *d, id webhook, id first_event);
status webhook_save_attempt(ctx *c, db *d, const delivery_row *row, const attempt_result *got);
status webhook_list_attempts(ctx *c, db *d, id webhook, id delivery, attempt_row **out,
                             size_t *count);

/* --- sending: send.c -------------------------------------------------------------------------- */
typedef struct send_request {
  str url, id, body, signature;
  int64_t timestamp_s;
} send_request;
/* One POST; never fails: what went wrong is in the result. Waits up to WEBHOOK_TIMEOUT_S. */
attempt_result webhook_send(ctx *c, const send_request *r);

/* --- commands: commands.c --------------------------------------------------------------------- */
typedef struct webhook_out { /* the wire's shape */
  id webhook;
  str url, events;
  int state;
  str secret; /* shown once */
  instant created_at;
} webhook_out;
extern const shape webhook_shape;
typedef struct webhook_new {
  webhook_row row;
  str clear_secret;
  bool has_cursor;
  id last_event;
  webhook_out out;
} webhook_new;
extern const command_type webhook_create;

typedef enum webhook_change_kind {
  WEBHOOK_EDIT,
  WEBHOOK_ENABLE,
  WEBHOOK_DISABLE,
  WEBHOOK_ROTATE,
  WEBHOOK_PING,
  WEBHOOK_REPLAY
} webhook_change_kind;
typedef struct webhook_change {
  id webhook;
  webhook_change_kind what;
  str url, events;  /* WEBHOOK_EDIT; empty: unchanged */
  str clear_secret; /* WEBHOOK_ROTATE */
  id first_event;   /* WEBHOOK_REPLAY: this one and all later ones again */
  bool found;
  webhook_row row;
  webhook_out out;
} webhook_change;
extern const command_type webhook_alter;

typedef struct redelivery {
  id webhook, delivery;
  bool found;
  webhook_row endpoint;
  delivery_row row;
} redelivery;
extern const command_type webhook_redeliver;

extern const task_type webhook_fan_out_task, webhook_deliver_task; /* tasks.c */
extern const command_type webhook_fan_out, webhook_attempted;
typedef struct fan_out { /* read before the command; moves the cursor from `from` to `to` */
  id from, to, platform;
  const event *events;
  size_t count;
  bool more, is_stale;
  const webhook_row *hooks;
  size_t hook_count;
} fan_out;
typedef struct attempted {
  id delivery;
  attempt_result got;
  bool found;
  delivery_row before, after;
  webhook_row endpoint;
} attempted;

#endif
