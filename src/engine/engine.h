/* engine.h - every change goes through here. Commands queue; the engine takes all that queued while
 * the last commit was being made durable, runs them as one group in one transaction, commits once,
 * then answers all.
 *
 * A command is load -> decide -> write:
 *   load    reads what it needs with plain SQL (rows it will change with a trailing " for update",
 * in table then id order) and names the ledger accounts and transfers it will touch (tx_need_*);
 *   decide  is where every refusal happens. It is pure: state, tx_account, tx_hold, tx_post. A
 * refused command leaves nothing behind: the engine undoes its postings and writes nothing; write
 * puts rows with plain SQL and emits events. It never refuses; a failure here is the store's. A
 * later command of the group sees what earlier ones wrote. Embedded: one engine thread, lane 0.
 * PostgreSQL: a thread and connection per lane; ledger-only and COMMAND_GROUPED commands are
 * grouped, by one lane at a time, others take a transaction each.
 *
 * Outcomes: OK after the commit is durable; a refusal (4xx), nothing changed; E_OVERLOADED at once
 * when the queue is longer than the deadline allows; E_UNKNOWN when a commit's fate is not known:
 * ask again with the same key. */
#ifndef TAEL_ENGINE_H
#define TAEL_ENGINE_H

#include "db/db.h"
#include "ledger/book.h"
#include "ledger/chart.h"
#include "ledger/ledger.h"

typedef struct engine engine;
typedef struct tx tx; /* what a command may do while it runs */
typedef struct command command;

/* --- who asks --------------------------------------------------------------------------------- */
typedef enum actor_kind {
  ACTOR_NONE,
  ACTOR_BUYER,
  ACTOR_SELLER,
  ACTOR_OPERATOR,
  ACTOR_SUPERVISOR,
  ACTOR_INSTITUTION,
  ACTOR_SYSTEM
} actor_kind;
typedef struct principal {
  actor_kind kind;
  id actor;  /* user, or 0 for the system */
  id tenant; /* whose data it may see; the platform's tenant for buyers, operators, supervisor */
  id key;    /* API key or session it came by; 0: in-process */
  uint64_t scopes; /* bits of SCOPE_TABLE (http/route.h) */
} principal;

/* --- commands --------------------------------------------------------------------------------- */
enum command_flag {
  COMMAND_HOT = 1 << 0, /* ledger only (no SQL in load/write): grouped on both homes, not written to
                           the audit trail beyond its transfers */
  COMMAND_GROUPED = 1 << 1, /* grouped on PostgreSQL too, as ledger-only ones are: frequent, and its
                               load locks few rows */
  COMMAND_FORESEES = 1 << 2, /* its load is called once more before a group's first command runs on
                                PostgreSQL: see tx_foresees */
  COMMAND_QUIET = 1 << 8, /* bookkeeping of the program itself, often and of no interest to anyone:
                             no audit row */
};
typedef struct command_type {
  const char *name; /* "order.place": journalled, shown in the audit trail */
  unsigned flags;
  status (*load)(ctx *c, tx *t, void *state); /* NULL: nothing to load */
  status (*decide)(ctx *c, tx *t, void *state);
  status (*write)(ctx *c, tx *t, void *state); /* NULL: postings and events only */
} command_type;

struct command {
  const command_type *type;
  void *state; /* the module's struct: input, what was loaded, what was decided, the answer */
  principal who;
  arena *arena;     /* the submitter's; alive until done() has returned */
  instant at;       /* business time for imported history; 0: the engine's */
  instant deadline; /* real time after which it is not worth starting; 0: none */
  bool is_critical; /* may use the whole of wait_max_us and queue_max; others leave a fifth of both
                     */
  bool has_key;     /* Idempotency-Key was given */
  sha256 key;       /* of principal + method + path + key */
  sha256 body;      /* of the raw body bytes */
  /* Renders the answer inside the transaction; its bytes are stored under the key. NULL: no bytes.
   */
  status (*render)(ctx *c, const command *self, str *out);
  /* NULL: what `render` gave is also what is stored. Else it renders what is stored instead: the
   * answer without its secrets. Called right after `render`, only when has_key. */
  status (*render_stored)(ctx *c, const command *self, str *out);
  const void *render_arg;
  void (*done)(command *self); /* on a thread of the engine, when the commit is durable; must be
                                  quick: hand over and wake */
  void *done_arg;
  /* Instead of done, for who has many under way: told once of all those of a group that follow one
   * another and have the same done_all, in their order, linked by `next`. NULL: done. */
  void (*done_all)(command *first);
  /* --- outcome --- */
  status outcome;
  int http_status; /* of a success: 200 (0 counts as 200), 201, 202, set by the submitter and
                      stored; from the stored answer when replayed */
  fault fault;
  str response;  /* in `arena` */
  bool replayed; /* the stored answer of an earlier run */
  id command_id;
  instant finished_at; /* engine time */
  command *next;       /* the queue's */
};

typedef struct engine_options {
  str db_url;
  const char *vfs;  /* tests */
  uint32_t node;    /* 0..1023; PostgreSQL: the lowest free one from here on is leased */
  int lanes;        /* PostgreSQL: 1..8; embedded: 1 */
  size_t queue_max; /* commands; beyond: E_OVERLOADED */
  /* A command with a deadline that would wait longer than this is refused at once, however late its
   * deadline: what is accepted is done soon, what is not is told so while it can go elsewhere. 0:
   * only the deadline counts. See engine_set_wait_max. */
  int64_t wait_max_us;
  size_t group_max; /* commands in one commit; 1 on PostgreSQL: each takes a transaction, and no
                       process waits for another's group */
  size_t cache_accounts;
  int64_t gather_us;      /* imports: a group waits up to so long for the results of tasks that are
                             running; 0: never */
  int utc_offset_minutes; /* the market's business day; -180 Brazil, 480 China */
  const char *calendar;   /* business calendar's name */
  bool sandbox;           /* the business clock may be moved */
  instant (*real_clock)(void *arg); /* NULL: the system's */
  void *clock_arg;
  uint64_t seed;    /* randomness of commands */
  int task_threads; /* 0: tasks run only through engine_run_tasks */
  void (*on_broken)(
      void *arg); /* the disk failed in a commit: the process must stop and recover; called once, on
                     the engine's thread. NULL: goes on refusing with E_STORE */
  void *broken_arg;
} engine_options;

typedef struct job_type job_type;
typedef struct task_type task_type;
typedef struct engine_parts { /* what cli/ wires in: tables of all modules */
  const db_schema *schemas;
  size_t schema_count;
  const job_type *const *jobs;
  size_t job_count;
  const task_type *const *tasks;
  size_t task_count;
  const char
      *kept; /* PostgreSQL: every table named to tx_recall, with blanks between; NULL: none */
} engine_parts;

extern const db_schema engine_schema;

/* Opens the store for writing, migrates, takes the lane, recovers. No thread runs yet. */
status engine_open(ctx *c, const engine_options *options, const engine_parts *parts, engine **out);
status engine_start(ctx *c, engine *e); /* group-commit, checkpoint and task threads */
/* Moves the log into the file, once, from a read connection of its own; what the checkpoint thread
 * does now and then. A failed sync ends service (on_broken); other failures are made up for later.
 */
void engine_checkpoint(ctx *c, engine *e, db *reader);
void engine_stop(engine *e); /* finishes what is queued, then stops threads */
void engine_close(engine *e);
size_t engine_step(engine *e); /* no threads: runs one group on this thread; how many commands */
status engine_submit(engine *e, command *cmd); /* E_OVERLOADED: done() will not be called */
/* Together, so that they make one group where they fit: how many from the front were taken. The
 * first that was not has its outcome and fault; those after it are untouched. */
size_t engine_submit_many(engine *e, command *const *cmds, size_t count);
/* Would a command be refused now for being too late, after `others` that are about to be submitted?
 * Costs no lock, so that a server can say no before it has read the request. */
bool engine_is_full(const engine *e, size_t others, bool is_critical);
void engine_set_wait_max(engine *e, int64_t us);
/* Submits and waits (or steps when no thread runs); the outcome with its fault copied into c. */
status engine_do(ctx *c, engine *e, command *cmd);
/* The same for in-process callers: builds the command in c's arena. */
status engine_call(ctx *c, engine *e, const command_type *type, void *state, principal who);

/* A read connection of the calling thread's pool. It may see commits that are not durable yet:
 * giving it back waits until they are, so nothing that was read is told before. */
db *engine_reader(engine *e, ctx *c);
void engine_reader_done(engine *e, db *reader);
/* At once, where nobody is told what was read, such as who a caller is. */
void engine_reader_back(engine *e, db *reader);
void engine_ctx(
    engine *e, arena *a,
    ctx *out); /* a ctx with the engine's clock, ids and a fresh generator; any thread */
typedef struct engine_health {
  size_t queued;
  int64_t groups, commands, refused, overloaded;
  int64_t last_commit_us, commit_p99_us;
  db_work work; /* of all lanes */
  instant watermark;
  bool ready;
} engine_health;
void engine_health_get(engine *e, engine_health *out);
principal engine_system(const engine *e);

/* --- time ------------------------------------------------------------------------------------- */
instant engine_now(const engine *e); /* business time */
date engine_today(const engine *e);
const calendar *engine_calendar(const engine *e);
bool engine_is_sandbox(const engine *e); /* business time may be moved */
/* Moves business time forward (sandbox or import only), stopping at each business date's end to run
 * the jobs due. E_FORBIDDEN outside a sandbox; E_RULE: backwards. progress may be NULL. */
status engine_advance(ctx *c, engine *e, instant to, void (*progress)(void *arg, date at),
                      void *arg);
void engine_set_now(engine *e, instant business_now); /* import and simulation: no jobs run */
instant engine_watermark(engine *e); /* engine time: nothing at or below will still commit */

/* --- inside a command ------------------------------------------------------------------------- */
db *tx_db(tx *t);
principal tx_who(const tx *t);
id tx_command(const tx *t);
const calendar *tx_calendar(const tx *t); /* the market's business calendar */
/* The market's time zone, told once by its set-up: business dates follow it from the next group on.
 */
void tx_set_utc_offset(tx *t, int utc_offset_minutes);
/* load: */
void tx_need_account(tx *t, id account_id);
void tx_need_transfer(
    tx *t, id128 transfer_id); /* a hold to end, a transfer to reverse, an id a caller chose */
/* True: load only has to name accounts that it will need, as far as they are known without asking
 * the store, and to return. A group then locks and reads them in one pass, and load, when it is
 * called again, finds them there. To name too many or too few costs time and nothing else. */
bool tx_foresees(const tx *t);
void tx_need_known(tx *t, id owner, uint16_t code, uint32_t asset_number);
/* Rows that every command reads and hardly any changes may be kept between commands: `tables` is a
 * literal that names all they were read from (db_version), `key` tells them apart. NULL: read them;
 * always so on PostgreSQL for tables that engine_parts.kept does not name. Good until the command's
 * end. What depends on the time as well is the caller's to check. */
const void *tx_recall(tx *t, const char *tables, id key);
/* Memory of `size` bytes, to be filled at once with all that was just read; texts lie in it, behind
 * the struct that points at them. NULL: it is not kept. */
void *tx_keep(tx *t, const char *tables, id key, size_t size);
typedef struct account_spec {
  id tenant, entity, owner;
  uint32_t asset;
  uint16_t code;
  uint16_t flags;
  int64_t allowance;
} account_spec;
/* The account of (owner, code, asset), needed by this call; 0 when there is none. */
status tx_find_account(ctx *c, tx *t, id owner, uint16_t code, uint32_t asset, id *out);
/* Finds it or plans to open it (only if the command is accepted). flags 0: the chart's default. */
status tx_ensure_account(ctx *c, tx *t, const account_spec *spec, id *out);
/* What was named so far is loaded and locked now, so that rows read after this can't change before
 * the command's end when every writer of them names the same account. */
status tx_lock_named(ctx *c, tx *t);
/* decide (and later): */
const account *tx_account(const tx *t, id account_id); /* NULL: there is none */
const hold *tx_hold(const tx *t, id128 pending_id);
/* A transfer named by tx_need_transfer or accepted in this command, as recorded; NULL: there is
 * none. */
const transfer *tx_transfer(const tx *t, id128 transfer_id);
/* Posts all or nothing. ids that are zero are made; codes and refs are the caller's. On refusal the
 * fault says which account lacked what, with the status of result.h. */
status tx_post(ctx *c, tx *t, transfer *transfers, size_t count);
size_t tx_apply(ctx *c, tx *t, const transfer *in, size_t count,
                ledger_result *results); /* bulk, each by itself or by chains */
void tx_change_account(tx *t, id account_id, uint16_t flags, int64_t allowance);
void tx_pin_hold(tx *t, id128 pending_id, instant expires_at); /* 0: until ended */
/* write: */
/* An event of an aggregate: gap-free sequence per aggregate, delivered to webhooks and screens
 * after the commit. body: a JSON object. tenant: who may see it besides the platform. */
status tx_emit(ctx *c, tx *t, const char *type, id_kind aggregate_kind, id aggregate, id tenant,
               str body);
/* What the audit trail says of this command: the thing changed and a JSON object of before and
 * after (ids, no personal data). */
void tx_audit(tx *t, id_kind kind, id subject, str detail);
/* Work to be done after the commit, outside any transaction, at least once: see task_type. */
status tx_task(ctx *c, tx *t, const char *kind, id subject, instant due);

/* --- tasks and jobs --------------------------------------------------------------------------- */
typedef struct task {
  id task_id;
  id subject;
  int tries;
  instant due;
} task;
struct task_type {
  const char *kind; /* "payment.send" */
  /* Runs on a task thread, outside any transaction; may wait on the network; changes things by
   * engine_call. OK: done. Anything else: again after backoff (retry_at real time when not 0),
   * until tries_max, then it stays listed as failed. */
  status (*run)(ctx *c, engine *e, const task *t, instant *retry_at);
  int tries_max;
};
size_t engine_run_tasks(ctx *c, engine *e,
                        size_t max); /* tasks due, on this thread (replay, simulation, tests) */
/* Waits until no task is due or running (real time; tasks that wait for a later retry don't count).
 * Runs them on this thread when no task thread does. */
status engine_wait_tasks(ctx *c, engine *e);
struct job_type {
  const char *name; /* "settlement.daily" */
  const char *doc;
  int64_t every_s; /* 0: once a business date, after its end; else each so many seconds of business
                      time */
  int order;       /* jobs of one business date run in this order */
  /* A run is recorded under (name, business date or slot) and happens once; must resume when it was
   * cut off. */
  status (*run)(ctx *c, engine *e, date business_date, str *report);
};
status engine_run_job(ctx *c, engine *e, str name, date business_date,
                      str *report); /* E_NOT_FOUND; OK when it had run */

/* For screens: each job with its last run; runs of one job, newest first, below slot `before` (0:
 * from the newest). d: a read connection. E_NOT_FOUND: there is no such job. */
typedef struct job_brief {
  str name, doc;
  int64_t every_s;
  instant last_at;
  str last_report;
} job_brief;
typedef struct job_run_brief {
  str name;
  int64_t slot;
  date business_date; /* 0: a job by the second */
  instant at;
  str report;
} job_run_brief;
status engine_list_jobs(ctx *c, engine *e, db *d, job_brief **out, size_t *count);
status engine_list_job_runs(ctx *c, engine *e, db *d, str name, int64_t before, size_t max,
                            job_run_brief **out, size_t *count);

/* --- events out ------------------------------------------------------------------------------- */
typedef struct event {
  id event_id;
  instant at;
  id aggregate;
  id_kind aggregate_kind;
  int64_t sequence;
  id tenant;
  str type;
  str body;
} event;
/* Events with id > after, at most max, none above the watermark; tenant 0: all. */
status engine_events(ctx *c, db *reader, id after, id tenant, size_t max, event **out,
                     size_t *count);
void engine_on_commit(engine *e, void (*wake)(void *arg),
                      void *arg); /* after each commit with events; at most 4 listeners */

#endif
