/* group.c - one group: a transaction, the commands in it one after the other, one commit; sync.c
 * answers when it is durable. It promises that a
 * refused command leaves nothing, and that a command the store chokes on hurts only itself: the
 * others are run again one by one. */
#include "engine/internal.h"

#include <string.h>
#include <time.h>

enum { EXPIRE_MAX = 1024, ATTEMPTS_MAX = 5, RETRY_STEP_US = 4000, BUSY_GROUP = 16 };

/* --- one command ------------------------------------------------------------------------------ */

/* Runs a step of a command; when one of the arenas is used up the step is cut short. */
static status guarded(tx *t, status (*step)(tx *t)) {
  jmp_buf handler;
  arena *mine = t->g->l->arena;
  jmp_buf *volatile theirs_before = arena_on_exhaustion(t->cmd->arena, &handler);
  jmp_buf *volatile mine_before = arena_on_exhaustion(mine, &handler);
  status s;
  if (setjmp(handler) == 0) {
    s = step(t);
  } else {
    s = E_NO_MEMORY;
    t->ctx.fault =
        (fault){.code = s, .detail = STR("this command needs more memory than it may have")};
  }
  arena_on_exhaustion(mine, mine_before);
  arena_on_exhaustion(t->cmd->arena, theirs_before);
  return s;
}

static status load(tx *t) {
  t->phase = TX_LOAD;
  return t->cmd->type->load == NULL ? OK : t->cmd->type->load(&t->ctx, t, t->cmd->state);
}

static status load_and_decide(tx *t) {
  if (t->preloaded) {
    TRY(t->load_outcome);
  } else {
    TRY(load(t));
    TRY(tx_load_needed(t));
  }
  t->phase = TX_DECIDE;
  return t->cmd->type->decide(&t->ctx, t, t->cmd->state);
}

void group_note(group *g, value_list *list, const db_value *row, size_t places) {
  if (list->count + places > list->room) {
    size_t wider = list->room == 0 ? places * 32 : list->room * 2;
    list->at = arena_grow(g->ctx.arena, list->at, list->room * sizeof *row, wider * sizeof *row);
    list->room = wider;
  }
  memcpy(list->at + list->count, row, places * sizeof *row);
  list->count += places;
}

enum { AUDIT_PLACES = 10 };

static void note_audit(tx *t) {
  const command *cmd = t->cmd;
  if (cmd->type->flags & (COMMAND_HOT | COMMAND_QUIET)) return;
  str subject_kind = str_from(t->subject_kind), detail = t->detail.len > 0 ? t->detail : STR("{}");
  const db_value row[AUDIT_PLACES] = {
      DB_INT(t->command_id), DB_INT(t->ctx.now),     DB_TEXT(str_from(cmd->type->name)),
      DB_INT(cmd->who.kind), DB_INT(cmd->who.actor), DB_INT(cmd->who.tenant),
      DB_INT(cmd->who.key),  DB_TEXT(subject_kind),  DB_INT(t->subject),
      DB_TEXT(detail),
  };
  group_note(t->g, &t->g->audit, row, AUDIT_PLACES);
}

static status write_audit(group *g) {
  return db_run_set(&g->ctx, g->l->d,
                    "insert into engine_command(command_id, at, name, actor_kind, actor, tenant,"
                    " key_id, subject_kind, subject, detail)"
                    " values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    "iitiiiitit", g->audit.count / AUDIT_PLACES, g->audit.at);
}

static status write_and_render(tx *t) {
  command *cmd = t->cmd;
  t->phase = TX_WRITE;
  if (cmd->type->write != NULL) {
    TRY(cmd->type->write(&t->ctx, t, cmd->state));
    t->g->closed_count = 0; /* it may have closed a period */
  }
  note_audit(t);
  if (cmd->http_status == 0) cmd->http_status = 200;
  if (cmd->render != NULL) TRY(cmd->render(&t->ctx, cmd, &cmd->response));
  if (!cmd->has_key) return OK;
  str stored = cmd->response;
  if (cmd->render_stored != NULL) TRY(cmd->render_stored(&t->ctx, cmd, &stored));
  return key_end(t, stored);
}

static status refuse(tx *t, status code) {
  command *cmd = t->cmd;
  cmd->outcome = code;
  cmd->fault = t->ctx.fault;
  if (cmd->fault.code == OK)
    cmd->fault = (fault){.code = code, .detail = str_from(status_text(code))};
  return t->claimed ? key_release(t) : OK;
}

/* Told apart from a refusal: after it the transaction is of no use. */
static bool is_store_failure(const tx *t, status s) {
  return s == E_STORE || s == E_UNKNOWN || s == E_INTERNAL ||
         (s != OK && db_should_retry(t->g->l->d));
}

static status run_command(tx *t) {
  group *g = t->g;
  command *cmd = t->cmd;
  if (cmd->deadline != 0 && t->ctx.real_now > cmd->deadline) {
    atomic_fetch_add(&g->e->overloaded, 1);
    UNUSED(fail(&t->ctx, E_OVERLOADED, "the command waited longer than it may; retry later"));
    return refuse(t, E_OVERLOADED);
  }
  if (g->time < t->ctx.now) g->time = t->ctx.now;
  t->time = cmd->finished_at = g->time++;
  cmd->command_id = t->command_id;
  if (cmd->has_key) {
    bool answered;
    TRY(key_begin(t, &answered));
    if (answered) return OK;
  }
  book_mark mark = book_here(g->l->b);
  status s = guarded(t, load_and_decide);
  if (t->store_failed) return E_STORE;
  if (is_store_failure(t, s)) return s;
  if (s != OK) {
    book_revert(g->l->b, mark);
    return refuse(t, s);
  }
  g->wrote = true;
  return guarded(t, write_and_render);
}

static void open_tx(tx *t, group *g, command *cmd) {
  engine *e = g->e;
  *t = (tx){.g = g, .cmd = cmd, .ctx = g->ctx, .command_id = id_next(&g->ctx)};
  t->ctx.arena = cmd->arena;
  t->ctx.fault = (fault){.code = OK};
  if (cmd->at != 0) {
    t->ctx.now = cmd->at;
    t->ctx.today = instant_date(cmd->at, e->options.utc_offset_minutes);
  }
  int64_t salt[2] = {(int64_t)e->options.seed, t->command_id};
  t->ctx.random = rng_open(g->ctx.arena, hash64(salt, sizeof salt, 0));
  cmd->outcome = OK;
  cmd->fault = (fault){.code = OK};
  cmd->response = (str){0};
  cmd->replayed = false;
}

/* --- what the engine does in a group on its own account --------------------------------------- */

static status load_accounts_of_holds(group *g, const id128 *holds, size_t count) {
  id *accounts = ARENA_ARRAY(g->ctx.arena, id, count * 2);
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    const hold *h = book_hold(g->l->b, holds[i]);
    if (h == NULL) continue;
    accounts[n++] = h->record.debit_account;
    accounts[n++] = h->record.credit_account;
  }
  return tx_load_many(g, accounts, n, NULL, 0);
}

static status audit_expiry(group *g, id command_id) {
  return db_run(
      &g->ctx, g->l->d,
      "insert into engine_command(command_id, at, name, actor_kind, actor, tenant, key_id,"
      " subject_kind, subject, detail) values (?1, ?2, 'hold.expire', ?3, 0, 0, 0, '', 0, '{}')",
      DB_INT(command_id), DB_INT(g->ctx.now), DB_INT(ACTOR_SYSTEM));
}

/* Holds whose time has come end by an entry of the engine before any command of the group runs. */
static status expire_holds(group *g) {
  lane *l = g->l;
  size_t count = 0;
  id128 *ids = ARENA_ARRAY(g->ctx.arena, id128, EXPIRE_MAX);
  TRY(ledger_load_due_holds(&g->ctx, l->d, l->b, g->ctx.now, ids, EXPIRE_MAX, &count));
  atomic_store(&g->e->more_due, false);
  if (count == 0) return OK;
  TRY(load_accounts_of_holds(g, ids, count));
  transfer *entries = ARENA_ARRAY(g->ctx.arena, transfer, count);
  ledger_result *results = ARENA_ARRAY(g->ctx.arena, ledger_result, count);
  ctx own = g->ctx; /* as a command's: the same history has the same ids on each home */
  id command_id = id_next(&own);
  int64_t salt[2] = {(int64_t)g->e->options.seed, command_id};
  own.random = rng_open(own.arena, hash64(salt, sizeof salt, 0));
  for (size_t i = 0; i < count; i++) {
    entries[i] = (transfer){.id = id128_next(&own),
                            .pending_id = ids[i],
                            .flags = TRANSFER_EXPIRY,
                            .version = TRANSFER_VERSION};
  }
  if (g->time < g->ctx.now) g->time = g->ctx.now;
  book_env env = {.engine_time = g->time,
                  .now = g->ctx.now,
                  .business_date = g->ctx.today,
                  .closed_through = DATE_MIN,
                  .command = command_id,
                  .lane = l->chain.lane};
  size_t accepted = book_apply(l->b, &env, entries, count, results);
  for (size_t i = 0; i < count; i++) {
    if (results[i] == LEDGER_OK) continue;
    log_line(LOG_ERROR, "hold_not_expired", "result=%s", ledger_result_slug(results[i]));
  }
  if (accepted == 0) return OK;
  g->time = book_here(l->b).time + 1;
  g->wrote = true;
  atomic_store(&g->e->more_due, count == EXPIRE_MAX);
  return audit_expiry(g, env.command);
}

/* What goes wrong here goes wrong again when the command runs, and is told then. */
static void foresee(tx *t) {
  t->foresees = true;
  if (guarded(t, load) != OK) t->account_count = 0;
  t->foresees = false;
  fault_clear(&t->ctx);
}

/* Ledger-only commands name what they touch without looking, others may know some of it: all of it
 * is loaded (and locked) in one pass. */
static status preload(group *g, tx *txs, size_t count) {
  size_t accounts = 0, transfers = 0;
  bool may_foresee = g->e->kind == DB_POSTGRES && count > 1;
  for (size_t i = 0; i < count; i++) {
    unsigned flags = txs[i].cmd->type->flags;
    if (flags & COMMAND_HOT) {
      txs[i].load_outcome = guarded(&txs[i], load);
      txs[i].preloaded = true;
    } else if (may_foresee && flags & COMMAND_FORESEES && txs[i].stored == NULL) {
      foresee(&txs[i]);
    }
    accounts += txs[i].account_count;
    transfers += txs[i].transfer_count;
  }
  if (accounts + transfers == 0) return OK;
  id *all_accounts = ARENA_ARRAY(g->ctx.arena, id, accounts);
  id128 *all_transfers = ARENA_ARRAY(g->ctx.arena, id128, transfers);
  accounts = transfers = 0;
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < txs[i].account_count; k++)
      all_accounts[accounts++] = txs[i].accounts[k];
    for (size_t k = 0; k < txs[i].transfer_count; k++)
      all_transfers[transfers++] = txs[i].transfers[k];
  }
  return tx_load_many(g, all_accounts, accounts, all_transfers, transfers);
}

/* --- the transaction -------------------------------------------------------------------------- */

/* Groups of all processes take turns: each locks rows command by command, and two of them at once
 * would lock in different orders. One that then meets a lock of a single command does not wait long
 * for it. Waiting here, before the first look at any row, also spares the server looking twice. */
static status wait_for_turn(group *g) {
  TRY(db_run0(&g->ctx, g->l->d, "select pg_advisory_xact_lock(1952540013)"));
  return db_run0(&g->ctx, g->l->d, "set local lock_timeout = '300ms'");
}

static status run_transaction(group *g, command *list, size_t count) {
  lane *l = g->l;
  tx *txs = ARENA_ARRAY(g->ctx.arena, tx, count);
  TRY(db_begin(&g->ctx, l->d));
  TRY(ledger_begin(&g->ctx, l->d, l->b, l->chain.lane));
  if (g->e->kind == DB_POSTGRES && count > 1) TRY(wait_for_turn(g));
  TRY(recall_begin(g, count));
  TRY(expire_holds(g));
  command *cmd = list;
  for (size_t i = 0; i < count; i++, cmd = cmd->next) {
    open_tx(&txs[i], g, cmd);
  }
  TRY(keys_look_up(g, txs, count));
  TRY(preload(g, txs, count));
  for (size_t i = 0; i < count; i++) {
    status s = guarded(&txs[i], run_command);
    if (s == OK) continue;
    g->ctx.fault = txs[i].ctx.fault;
    return s;
  }
  TRY(write_audit(g));
  TRY(events_flush(g));
  TRY(tasks_flush(g));
  g->wrote |= atomic_load(&g->e->state_dirty);
  if (!g->wrote) {
    db_rollback(l->d);
    return OK;
  }
  TRY(keys_flush(g));
  TRY(recall_flush(g));
  TRY(ledger_flush(&g->ctx, l->d, l->b, &g->chain));
  TRY(state_flush(g));
  TRY(lane_publish(g));
  return sync_commit(g);
}

static void open_group(group *g, lane *l) {
  arena_reset(l->arena);
  recall_trim(l);
  *g = (group){.l = l, .e = l->e, .time = l->next_time, .chain = l->chain};
  engine_ctx(l->e, l->arena, &g->ctx);
}

static void note_latency(engine *e, int64_t us) {
  if (us < 0) us = 0;
  pthread_mutex_lock(&e->latency_lock);
  e->latency_us[e->latency_count++ % LATENCIES] = us > INT32_MAX ? INT32_MAX : (int32_t)us;
  e->last_commit_us = us;
  pthread_mutex_unlock(&e->latency_lock);
}

/* Did the group tell what a command costs when there is much to do? A small one does not: most of
 * its time is the sync, which hundreds would have shared. On PostgreSQL most commands are alone. */
static bool was_busy(const engine *e, size_t count) {
  if (count >= BUSY_GROUP || count >= e->options.group_max) return true;
  return e->kind == DB_POSTGRES && atomic_load(&e->queue.ahead) > count;
}

/* Where the next group begins before this one is durable, only what it adds is its own. */
static void note_cost(engine *e, const group *g, instant now) {
  instant from = g->ctx.real_now;
  if (e->leaves_sync && e->syncer.last_at > from) from = e->syncer.last_at;
  e->syncer.last_at = now;
  if (now < from || g->count == 0) return;
  int64_t cost = (now - from) / (int64_t)g->count, recent = atomic_load(&e->us_per_command);
  if (!was_busy(e, g->count) && cost >= recent) return; /* it may only correct downwards */
  atomic_store(&e->us_per_command, recent == 0 ? cost : (recent * 7 + cost) / 8);
}

static void note_work(lane *l) {
  db_work now = db_work_done(l->d), before = l->work;
  if (now.statements < before.statements) before = (db_work){0}; /* another connection */
  atomic_fetch_add(&l->e->statements, now.statements - before.statements);
  atomic_fetch_add(&l->e->pages, now.pages - before.pages);
  l->work = now;
}

/* What the lane's next group builds on, whether or not this one is durable already. */
static void committed(group *g) {
  lane *l = g->l;
  engine *e = g->e;
  book_clean(l->b);
  if (!g->wrote) return;
  l->chain = g->chain;
  l->next_time = g->time;
  if (g->id_high != 0) atomic_store(&e->id_high, g->id_high);
  l->final = (lane_final){.watermark = g->time - 1, .event_floor = id_source_last(e->ids)};
  int64_t commits = atomic_fetch_add(&e->commits, 1) + 1;
  if (!db_settles_late(l->d)) l->seen_commits = commits; /* else the next beat tells of it */
  note_work(l);
}

void group_durable(group *g) {
  engine *e = g->e;
  if (!g->wrote) return;
  if (e->kind == DB_SQLITE) atomic_store(&e->watermark, g->time - 1);
  atomic_fetch_add(&e->groups, 1);
  instant now = engine_real_now(e);
  note_latency(e, now - g->ctx.real_now);
  note_cost(e, g, now);
  tasks_committed(g);
  if (!g->has_events) return;
  size_t listeners = atomic_load(&e->listener_count);
  for (size_t i = 0; i < listeners; i++) {
    e->listeners[i].wake(e->listeners[i].arg);
  }
}

static void failed(group *g, status s) {
  lane *l = g->l;
  db_rollback(l->d);
  sync_forget(g);
  book_drop(l->b);
  events_forget_heads(l);
  tasks_failed(g);
  if (g->state_taken) atomic_store(&g->e->state_dirty, true);
  bool unsure = s == E_UNKNOWN || db_is_broken(l->d);
  if (unsure && g->e->kind == DB_SQLITE) engine_break(g->e, "the store failed in a commit");
}

/* One transaction over the list; `why` is the fault of a failure, its text in the lane's arena. */
static status attempt(lane *l, command *list, size_t count, fault *why, bool *again) {
  group *g = l->group;
  jmp_buf handler;
  open_group(g, l);
  arena_on_exhaustion(l->arena, &handler);
  volatile status s;
  if (setjmp(handler) == 0) {
    s = run_transaction(g, list, count);
  } else {
    s = E_NO_MEMORY;
    g->ctx.fault =
        (fault){.code = E_NO_MEMORY, .detail = STR("a group needs more memory than it may have")};
  }
  arena_on_exhaustion(l->arena, NULL);
  *again = false;
  g->list = list;
  g->count = count;
  if (s == OK) {
    committed(g);
    return OK;
  }
  *why = g->ctx.fault;
  /* Perhaps the lane was taken from us: it is asked for anew before the next try. */
  if (l->e->kind == DB_POSTGRES && s == E_CONFLICT && !db_should_retry(l->d)) l->leased = false;
  *again = l->e->kind == DB_POSTGRES && s != E_UNKNOWN &&
           (s == E_CONFLICT || db_should_retry(l->d) || db_is_broken(l->d) || !l->leased);
  failed(g, s);
  return s;
}

static bool db_is_broken_or_gone(const lane *l) { return l->d == NULL || db_is_broken(l->d); }

/* PostgreSQL: another lane was in the way, or the connection was lost before the commit was
 * sent. */
static status attempt_again(lane *l, command *list, size_t count, fault *why) {
  for (int tries = 0;; tries++) {
    bool again = false;
    status s = lane_ensure(l, why);
    if (s == OK) s = attempt(l, list, count, why, &again);
    /* A group that met another writer's locks is not tried as one again: by themselves its commands
     * lock in the one order of all. */
    bool splits = count > 1 && !db_is_broken_or_gone(l);
    if (s == OK || !again || splits) return s;
    bool was_in_the_way = s == E_CONFLICT && l->d != NULL && db_should_retry(l->d);
    if (tries == ATTEMPTS_MAX) return was_in_the_way ? E_STORE : s;
    uint64_t spread = hash64(&l->next_time, sizeof l->next_time, (uint64_t)(l->index * 16 + tries));
    int64_t pause_us = RETRY_STEP_US * tries + (int64_t)(spread % RETRY_STEP_US);
    nanosleep(&(struct timespec){.tv_nsec = pause_us * 1000}, NULL);
  }
}

void group_give_failure(command *list, status s, const fault *why) {
  for (command *cmd = list; cmd != NULL; cmd = cmd->next) {
    cmd->outcome = s;
    cmd->fault =
        (fault){.code = s, .detail = keep_text(cmd->arena, why->detail), .retry_after_s = 1};
  }
}

void group_run(lane *l, command *list, size_t count) {
  fault why = {.code = OK};
  sync_take_group(l);
  status s = attempt_again(l, list, count, &why);
  if (s != OK && count == 0)
    log_line(LOG_WARN, "group_failed", "detail=%.*s", STR_ARGS(why.detail));
  bool one_by_one = s != OK && s != E_UNKNOWN && count > 1 && !atomic_load(&l->e->broken);
  if (s == OK) {
    sync_hand_over(l->group);
    return;
  }
  if (!one_by_one) {
    group_give_failure(list, s, &why);
    queue_answer(l->e, list);
    return;
  }
  while (list != NULL) {
    command *cmd = list;
    list = cmd->next;
    cmd->next = NULL;
    group_run(l, cmd, 1);
  }
}

/* --- steps ------------------------------------------------------------------------------------ */

size_t lane_step(lane *l) {
  command *list;
  bool holds_group;
  pthread_mutex_lock(&l->lock);
  size_t count = queue_take(l->e, l->e->options.group_max, &list, &holds_group);
  if (!atomic_load(&l->e->broken)) {
    group_run(l, list, count);
  } else {
    fault why = {.detail = STR("the store failed and the server must restart; retry later")};
    group_give_failure(list, E_STORE, &why);
    queue_answer(l->e, list);
  }
  if (holds_group) queue_group_done(l->e);
  pthread_mutex_unlock(&l->lock);
  return count;
}

size_t engine_step(engine *e) { return lane_step(&e->lanes[0]); }
