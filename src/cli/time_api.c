/* time_api.c - business time over JSON: shown to whoever is signed in, moved only in a sandbox by
 * who has the scope "clock". Moving runs the jobs that become due, on the worker thread, before the
 * answer; it never moves backwards. */
#include "cli/cli.h"

typedef struct clock_in {
  instant to;
} clock_in;
typedef struct clock_out {
  instant now;
  date business_date;
} clock_out;

static const field clock_in_fields[] = {
    F_TIME(clock_in, to, FIELD_REQUIRED, "The moment to move to; every job due on the way runs."),
};
static SHAPE(clock_in_shape, "ClockAdvance", clock_in, clock_in_fields);

static const field clock_fields[] = {
    F_TIME(clock_out, now, 0, "Business time."),
    F_DATE(clock_out, business_date, 0, "The market's business date."),
};
static SHAPE(clock_shape, "Clock", clock_out, clock_fields);

static clock_out clock_of(const engine *e) { return (clock_out){engine_now(e), engine_today(e)}; }

static status read_clock(ctx *c, const request *r, db *d, void *out) {
  UNUSED(c);
  UNUSED(d);
  *(clock_out *)out = clock_of(r->engine);
  return OK;
}

/* The moving was done in prepare; the command leaves its line in the audit trail. */
static status moved(ctx *c, tx *t, void *state) {
  UNUSED(c);
  UNUSED(t);
  UNUSED(state);
  return OK;
}
static const command_type clock_advance = {.name = "clock.advance", .decide = moved};

static status prepare_advance(ctx *c, const request *r, command *cmd, void **out) {
  instant to = ((const clock_in *)r->in)->to;
  if (to <= engine_now(r->engine))
    return fail_field(c, E_RULE, STR("/to"),
                      "business time only moves forward; GET /v1/clock tells it");
  TRY(engine_advance(c, r->engine, to, NULL, NULL));
  clock_out *now = ARENA_NEW(c->arena, clock_out);
  *now = clock_of(r->engine);
  cmd->type = &clock_advance;
  *out = now;
  return OK;
}

static const route routes[] = {
    {.method = GET,
     .path = "/v1/clock",
     .scope = SCOPE_SELF,
     .summary = "Business time",
     .out = &clock_shape,
     .read = read_clock},
    {.method = POST,
     .path = "/v1/clock/advance",
     .scope = SCOPE_CLOCK,
     .flags = ROUTE_SLOW | ROUTE_OWN_KEY,
     .summary = "Move a sandbox's business time and run what is due",
     .in = &clock_in_shape,
     .out = &clock_shape,
     .prepare = prepare_advance},
};
const module time_module = {.name = "time", .routes = routes, .route_count = COUNT_OF(routes)};
