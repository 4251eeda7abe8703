/* jobs.c - scheduled work: writing down when sessions were used and sweeping away what is over;
 * letting proposals lapse. Each run is one command, so a run that was cut off is simply made again.
 */
#include "modules/identity/commands.h"

enum { TOUCH_EVERY_S = 300, TOUCH_MAX = 8192 };

static status touch_run(ctx *c, engine *e, date business_date, str *report) {
  UNUSED(business_date);
  session_seen *seen = ARENA_ARRAY(c->arena, session_seen, TOUCH_MAX);
  session_touch state = {.seen = seen, .count = identity_access_seen(seen, TOUCH_MAX, c->real_now)};
  TRY(engine_call(c, e, &identity_touch_sessions, &state, engine_system(e)));
  *report = str_format(c->arena, "{\"sessions\":%zu}", state.count);
  return OK;
}

static status expire_run(ctx *c, engine *e, date business_date, str *report) {
  UNUSED(business_date);
  int64_t count = 0;
  TRY(engine_call(c, e, &identity_expire, &count, engine_system(e)));
  *report = str_format(c->arena, "{\"expired\":%lld}", (long long)count);
  return OK;
}

const job_type identity_touch_job = {"identity.sessions",
                                     "Writes down when sessions were used; ends idle ones.",
                                     TOUCH_EVERY_S, 10, touch_run};
const job_type identity_expire_job = {
    "identity.approvals", "Lets proposals lapse that nobody decided.", 0, 10, expire_run};
