/* lanes.c - the lease of a writer. A lane is held under a fencing token that every commit checks,
 * so that a writer that was taken for dead can't commit any more; with each commit the lane
 * publishes up to where it is final. On the embedded home the file's lock is the lease and there is
 * one lane. */
#include "engine/internal.h"

enum {
  LEASE_S = 15,
  RENEW_S = 1,
  LEAD_RENEW_S = 5,
  LEADER_LANE = -1,
  NODE_LANE = -1000, /* less the node's number: the row of a node's lease */
  NODES = 1024,
  LANE_MAX = 65535,
  TAKE_TRIES = 5
};

typedef struct seat { /* what the table of lanes says */
  int64_t lane;
  id token;
  bool is_new;
  instant latest; /* of all lanes' watermarks */
  id event_floor; /* as the lane's last holder published it; INT64_MAX: it left in order */
} seat;

static instant lease_end(const engine *e) {
  return engine_real_now(e) + LEASE_S * MICROS_PER_SECOND;
}

/* One lane after the other, in their order, so that none publishes meanwhile: this writer's records
 * come after all that was published. Whoever makes a lane waits here too. */
static status lock_lanes(ctx *c, lane *l, db_rows **rows) {
  db_value *lanes, none = DB_INT(-1);
  size_t count;
  if (l->e->kind == DB_POSTGRES) TRY(db_run0(c, l->d, "select pg_advisory_xact_lock(1952540014)"));
  TRY(db_query0(c, l->d, rows, "select lane from engine_lane where lane >= 0 order by lane"));
  TRY(db_keys(c, *rows, &lanes, &count));
  return db_query_each(c, l->d, rows,
                       "select lane, token, expires_at, watermark, node, event_floor"
                       " from engine_lane"
                       " where lane = ?1 and lane >= 0 order by lane for update",
                       "i", count > 0 ? count : 1, count > 0 ? lanes : &none);
}

/* The lane this writer held before its connection was lost, else the first that nobody holds; on
 * the embedded home lane 0, whoever held it. */
static status choose_seat(ctx *c, lane *l, seat *out) {
  db_rows *rows;
  seat chosen = {.lane = 0, .is_new = true};
  bool embedded = l->e->kind == DB_SQLITE;
  instant now = engine_real_now(l->e);
  TRY(lock_lanes(c, l, &rows));
  while (db_next(rows)) {
    int64_t number = db_get_int(rows, 0);
    instant watermark = db_get_int(rows, 3);
    if (watermark != INT64_MAX && watermark > chosen.latest) chosen.latest = watermark;
    bool mine = number == l->chain.lane && l->token != 0 && db_get_int(rows, 1) == l->token &&
                db_get_int(rows, 4) == l->e->options.node;
    if (!chosen.is_new && !mine) continue;
    bool free = db_get_int(rows, 2) <= now;
    bool closed = db_get_int(rows, 2) == INT64_MAX; /* leased for ever: a lane of a moved store */
    if (mine || free || (embedded && !closed)) {
      chosen.lane = number;
      chosen.token = db_get_int(rows, 1);
      chosen.event_floor = db_get_int(rows, 5);
      chosen.is_new = false;
    } else {
      chosen.lane = number + 1;
    }
  }
  TRY(db_done(c, rows));
  if (chosen.lane > LANE_MAX)
    return fail(c, E_STORE, "all lanes are held; wait for a lease to end");
  *out = chosen;
  return OK;
}

static status sit_down(ctx *c, lane *l, const seat *s, const ledger_lane *chain,
                       const lane_final *final) {
  const engine *e = l->e;
  return db_run(
      c, l->d,
      "insert into engine_lane(lane, node, token, expires_at, watermark, event_floor)"
      " values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (lane) do update set node = excluded.node,"
      " token = excluded.token, expires_at = excluded.expires_at,"
      " watermark = excluded.watermark, event_floor = excluded.event_floor",
      DB_INT(chain->lane), DB_INT(e->options.node), DB_INT(s->token + 1), DB_INT(lease_end(e)),
      DB_INT(final->watermark), DB_INT(final->event_floor));
}

/* What the one before has committed in this lane may not be seen everywhere yet: then his word
 * stands until this writer's next one. */
static lane_final final_at_start(const lane *l, const seat *s, instant last_time) {
  lane_final final = {.watermark = s->latest > last_time ? s->latest : last_time,
                      .event_floor = id_source_last(l->e->ids)};
  if (!db_settles_late(l->d)) return final;
  final.watermark = s->latest;
  if (!s->is_new && s->event_floor < final.event_floor) final.event_floor = s->event_floor;
  return final;
}

static status take(ctx *c, lane *l) {
  seat s = {.lane = 0};
  ledger_lane chain;
  TRY(choose_seat(c, l, &s));
  TRY(ledger_load_lane(c, l->d, (uint16_t)s.lane, &chain));
  lane_final final = final_at_start(l, &s, chain.last_time);
  TRY(sit_down(c, l, &s, &chain, &final));
  TRY(db_commit(c, l->d));
  l->chain = chain;
  l->token = s.token + 1;
  l->final = final;
  l->next_time = (s.latest > chain.last_time ? s.latest : chain.last_time) + 1;
  l->leased = true;
  if (l->e->kind == DB_SQLITE) atomic_store(&l->e->watermark, final.watermark);
  return OK;
}

/* Two processes may reach for the same lane: the later one looks again. */
status lane_take(ctx *c, lane *l) {
  for (int tries = 0;; tries++) {
    TRY(db_begin(c, l->d));
    status s =
        l->e->kind == DB_POSTGRES ? db_run0(c, l->d, "set local lock_timeout = '500ms'") : OK;
    if (s == OK) s = take(c, l);
    if (s == OK) return OK;
    db_rollback(l->d);
    if (s != E_CONFLICT || tries == TAKE_TRIES) return s;
    fault_clear(c);
  }
}

/* A file whose sync failed is opened again by the next process only. */
static status reopen(ctx *c, lane *l) {
  if (l->e->kind == DB_SQLITE) {
    return fail(c, E_STORE, "the store failed and the server must restart; retry later");
  }
  if (l->d != NULL && db_is_broken(l->d)) {
    db_close(l->d);
    l->d = NULL;
    l->leased = false;
  }
  if (l->d == NULL) {
    recall_forget(l);
    TRY(open_connection(l->e, c, DB_WRITE, &l->d));
  }
  return l->leased ? OK : lane_take(c, l);
}

status lane_ensure(lane *l, fault *why) {
  if (l->leased && !db_is_broken(l->d)) return OK;
  ctx c;
  arena_reset(l->arena);
  engine_ctx(l->e, l->arena, &c);
  status s = reopen(&c, l);
  if (s == E_CONFLICT)
    s = E_STORE; /* lanes are locked: the fault of nobody who asks for something */
  if (s != OK) *why = c.fault;
  return s;
}

/* --- the node's number ------------------------------------------------------------------------ */

/* Ids carry the number of their node, so no two processes may have the same. */
static status choose_node(ctx *c, const engine *e, db *d, uint32_t *out) {
  db_rows *rows;
  bool taken[NODES] = {false};
  TRY(db_query(c, d, &rows,
               "select lane from engine_lane where lane <= ?1 and expires_at > ?2 order by lane",
               DB_INT(NODE_LANE), DB_INT(engine_real_now(e))));
  while (db_next(rows)) {
    int64_t node = NODE_LANE - db_get_int(rows, 0);
    if (node < NODES) taken[node] = true;
  }
  TRY(db_done(c, rows));
  for (*out = e->options.node; *out < NODES; *out += 1) {
    if (!taken[*out]) return OK;
  }
  return fail(c, E_STORE, "all numbers of nodes are leased; stop a server that is not needed");
}

static status lease_node(ctx *c, const engine *e, db *d, instant until) {
  return db_run(c, d,
                "insert into engine_lane(lane, node, token, expires_at, watermark, event_floor)"
                " values (?1, ?2, 1, ?3, ?4, ?4)"
                " on conflict (lane) do update set expires_at = excluded.expires_at",
                DB_INT(NODE_LANE - (int64_t)e->options.node), DB_INT(e->options.node),
                DB_INT(until), DB_INT(INT64_MAX));
}

static status take_node(ctx *c, engine *e, db *d) {
  uint32_t node = 0;
  TRY(db_run0(c, d, "select pg_advisory_xact_lock(1952540014)"));
  TRY(choose_node(c, e, d, &node));
  e->options.node = node;
  return lease_node(c, e, d, lease_end(e));
}

status node_take(ctx *c, engine *e, db *d) {
  if (e->kind == DB_SQLITE) return OK;
  TRY(db_begin(c, d));
  status s = take_node(c, e, d);
  if (s == OK) return db_commit(c, d);
  db_rollback(d);
  return s;
}

/* --- what every commit says ---------------------------------------------------------------------
 */

/* The node's lease goes with lane 0, whether it commits or idles. */
static status renew_node(ctx *c, lane *l) {
  instant real_now = engine_real_now(l->e);
  bool is_due = l->index == 0 && l->e->kind == DB_POSTGRES &&
                real_now >= l->node_at + RENEW_S * MICROS_PER_SECOND;
  if (!is_due) return OK;
  l->node_at = real_now;
  return lease_node(c, l->e, l->d, lease_end(l->e));
}

static status publish(ctx *c, lane *l, instant watermark, id event_floor) {
  TRY(renew_node(c, l));
  return db_run_one(c, l->d,
                    "update engine_lane set watermark = ?1, event_floor = ?2, expires_at = ?3"
                    " where lane = ?4 and token = ?5",
                    DB_INT(watermark), DB_INT(event_floor), DB_INT(lease_end(l->e)),
                    DB_INT(l->chain.lane), DB_INT(l->token));
}

/* Where a commit becomes visible on one server before another, each tells of the one before it, and
 * an idle moment of the last (docs/design/0009): a reader who sees the word sees all it speaks of.
 */
status lane_publish(group *g) {
  lane_final final = {.watermark = g->time - 1, .event_floor = id_source_last(g->e->ids)};
  if (db_settles_late(g->l->d)) final = g->l->final;
  return publish(&g->ctx, g->l, final.watermark, final.event_floor);
}

/* A dead process's lane would hold back everybody's watermark for ever. Its token is passed on, so
 * that it can't come back to life. */
static status close_dead(ctx *c, lane *l) {
  return db_run(c, l->d,
                "update engine_lane set token = token + 1, watermark = ?1, event_floor = ?1"
                " where expires_at < ?2 and watermark <> ?1",
                DB_INT(INT64_MAX), DB_INT(engine_real_now(l->e)));
}

static status latest_watermark(ctx *c, db *d, instant *out) {
  db_rows *rows;
  instant latest = 0;
  TRY(db_query(c, d, &rows, "select max(watermark) from engine_lane where watermark < ?1",
               DB_INT(INT64_MAX)));
  if (db_next(rows)) latest = db_get_int(rows, 0);
  TRY(db_done(c, rows));
  *out = latest;
  return OK;
}

/* --- heartbeats ------------------------------------------------------------------------------- */

/* An idle lane promises to stay above what the others have reached: it holds nobody back. */
static status beat(ctx *c, lane *l, instant *watermark) {
  instant latest = 0;
  TRY(db_begin(c, l->d));
  TRY(latest_watermark(c, l->d, &latest));
  *watermark = latest > l->next_time - 1 ? latest : l->next_time - 1;
  TRY(publish(c, l, *watermark, id_next(c)));
  if (l->index == 0) TRY(close_dead(c, l));
  return db_commit(c, l->d);
}

void lane_heartbeat(lane *l) {
  engine *e = l->e;
  fault why;
  int64_t commits = atomic_load(&e->commits);
  instant real_now = engine_real_now(e);
  bool is_due = commits != l->seen_commits || real_now >= l->beat_at + RENEW_S * MICROS_PER_SECOND;
  if (!is_due || lane_ensure(l, &why) != OK) return;
  ctx c;
  instant watermark;
  arena_reset(l->arena);
  engine_ctx(e, l->arena, &c);
  if (beat(&c, l, &watermark) == OK) {
    l->next_time = watermark + 1;
    l->seen_commits = commits;
    l->beat_at = real_now;
    return;
  }
  if (c.fault.code == E_CONFLICT && !db_should_retry(l->d)) l->leased = false;
  db_rollback(l->d);
  log_line(LOG_WARN, "lane_heartbeat", "lane=%u detail=%.*s", l->chain.lane,
           STR_ARGS(c.fault.detail));
}

/* --- who runs the jobs ------------------------------------------------------------------------ */

/* One process leads, by a lease of its own; its row promises nothing about records, so it holds
 * back nobody. */
static status write_lead(ctx *c, tx *t, void *state) {
  const engine *e = t->g->e;
  int64_t touched = 0;
  TRY(db_run_count(
      c, tx_db(t), &touched,
      "insert into engine_lane(lane, node, token, expires_at, watermark, event_floor)"
      " values (?1, ?2, 1, ?3, ?4, ?4) on conflict (lane) do update set node = excluded.node,"
      " expires_at = excluded.expires_at"
      " where engine_lane.node = excluded.node or engine_lane.expires_at < ?5",
      DB_INT(LEADER_LANE), DB_INT(e->options.node), DB_INT(lease_end(e)), DB_INT(INT64_MAX),
      DB_INT(engine_real_now(e))));
  *(bool *)state = touched == 1;
  return OK;
}

static const command_type lead_type = {
    .name = "engine.lead", .flags = COMMAND_QUIET, .decide = tx_accept, .write = write_lead};

bool lane_leads(engine *e) {
  if (e->kind == DB_SQLITE) return true;
  instant real_now = engine_real_now(e);
  if (real_now < e->lead_again_at) return e->leads;
  arena *a = arena_open(1 << 20);
  if (a == NULL) return false;
  ctx c;
  bool leads = false;
  engine_ctx(e, a, &c);
  if (engine_call(&c, e, &lead_type, &leads, engine_system(e)) != OK) leads = false;
  e->leads = leads;
  e->lead_again_at = real_now + LEAD_RENEW_S * MICROS_PER_SECOND;
  arena_close(a);
  return leads;
}

/* A lane that was left in order holds nobody back. */
void lane_release(lane *l) {
  if (l->e->kind == DB_SQLITE || !l->leased || db_is_broken(l->d) || l->arena == NULL) return;
  ctx c;
  arena_reset(l->arena);
  engine_ctx(l->e, l->arena, &c);
  status s = db_run(&c, l->d,
                    "update engine_lane set expires_at = 0, watermark = ?1, event_floor = ?1"
                    " where lane = ?2 and token = ?3",
                    DB_INT(INT64_MAX), DB_INT(l->chain.lane), DB_INT(l->token));
  if (s == OK && l->index == 0) s = lease_node(&c, l->e, l->d, 0);
  if (s != OK) log_line(LOG_WARN, "lane_release", "lane=%u", l->chain.lane);
  l->leased = false;
}
