/* acts_operator.c - steps that are no request among others: what operators do, the passing of time,
 * the bank's turn, and the program being stopped, cut off or started again.
 */
#include "cli/sim/model.h"

#include <string.h>

/* --- people ----------------------------------------------------------------------------------- */

static void freeze(world *w) {
  model *m = w->model;
  m_buyer *b = &m->buyers[draw(w, BUYERS)];
  ask a = {.who = m->operator_key[draw(w, 2)], .method = "POST"};
  snprintf(a.path, sizeof a.path, "/v1/users/%s/%s", b->id, b->frozen ? "unfreeze" : "freeze");
  if (world_send(w, &a, 1)) b->frozen = !b->frozen;
}

static void apply_own_approval(world *w, ask *a) { agrees(w, a, false, 403, "forbidden"); }

static void apply_approval(world *w, ask *a) {
  if (!agrees(w, a, true, 0, "")) return;
  w->model->budget += a->n[0];
}

/* One proposes, the same one may not approve, the other does; and not twice. */
static void fund(world *w) {
  model *m = w->model;
  int proposer = (int)draw(w, 2);
  ask a = {.who = m->operator_key[proposer], .method = "POST", .path = "/v1/approvals"};
  int64_t amount = 1 + draw(w, 50000);
  snprintf(a.body, sizeof a.body,
           "{\"action\":\"campaign.fund\",\"parameters\":{\"name\":\"Spring\",\"existing\":\"%s\","
           "\"currency\":\"CNY\",\"budget\":%lld}}",
           m->campaign, (long long)amount);
  if (!world_send(w, &a, 1)) return;
  ask own = {.who = m->operator_key[proposer],
             .method = "POST",
             .body = "{\"reason\":\"me\"}",
             .apply = apply_own_approval};
  snprintf(own.path, sizeof own.path, "/v1/approvals/%s/approve", j_text(a.json, "approval"));
  if (!world_send(w, &own, 1)) return;
  ask other = own;
  other.who = m->operator_key[1 - proposer];
  other.apply = apply_approval;
  other.n[0] = amount;
  world_send(w, &other, 1);
}

/* --- time ------------------------------------------------------------------------------------- */

/* Moved until it is there: a move that was cut off goes on where it stopped. */
static void apply_advance(world *w, ask *a) {
  bool is_there = a->status == 422 && code_is(a, "rule_refused") && world_now(w) >= a->n[0];
  if (!is_there) agrees(w, a, true, 0, "");
}

/* What was not paid in time is given up by a job: seen, but only where the time is over. */
static void see_given_up(world *w) {
  model *m = w->model;
  for (size_t i = 0; i < m->orders_count && !w->failed; i++) {
    m_order *o = &m->orders[i];
    int code;
    if (o->state != IS_PLACED || o->expires == 0 || o->expires > m->latest) continue;
    json_t *j = world_get(w, m->supervisor_key, &code, "/v1/orders/%s", o->id);
    if (strcmp(j_text(j, "state"), "cancelled") == 0) model_unpaid_cancelled(m, o);
  }
}

static void advance(world *w) {
  model *m = w->model;
  instant to = world_now(w) + (chance(w, 3) ? 86400 : 60 + draw(w, 7200)) * MICROS_PER_SECOND;
  ask a = {.who = m->operator_key[0],
           .method = "POST",
           .path = "/v1/clock/advance",
           .keyless = true,
           .apply = apply_advance,
           .n = {to}};
  snprintf(a.body, sizeof a.body, "{\"to\":\"%.*s\"}", STR_ARGS(instant_print(w->step, to)));
  if (!world_send(w, &a, 1)) return;
  model_settle(w, instant_date(to, 0) - 1);
  world_tick(w);
  world_run_tasks(w);
  see_given_up(w);
}

static void step_clock(world *w) {
  int64_t seconds = chance(w, 3) ? -draw(w, 3600) : draw(w, 3600);
  world_sleep(w, seconds);
}

static void ask_bank(world *w) {
  model *m = w->model;
  for (size_t i = m->orders_count; i > 0 && !w->failed; i--) {
    const m_order *o = &m->orders[i - 1];
    if (o->state != IS_PLACED || o->payment[0] == '\0') continue;
    ask a = {.who = m->operator_key[1], .method = "POST"};
    snprintf(a.path, sizeof a.path, "/v1/payments/%s/query", o->payment);
    world_send(w, &a, 1);
    break;
  }
  world_run_tasks(w);
}

void act_operator(world *w) {
  switch (draw(w, 16)) {
  case 0:
  case 1: freeze(w); break;
  case 2: fund(w); break;
  case 3:
  case 4: advance(w); break;
  case 5: step_clock(w); break;
  case 6: world_restart(w); break;
  case 7:
  case 8: world_checkpoint(w); break;
  case 9:
  case 10: ask_bank(w); break;
  default: world_run_tasks(w); break;
  }
}
