/* internal.h - private to src/engine: what an engine, a lane, a group and a running command are
 * made of, and what the files of this folder give one another. Lock order: jobs, lane, then queue,
 * tasks, readers; never the other way round, and no lock but those of jobs and of a lane is held
 * while SQL runs. */
#ifndef TAEL_ENGINE_INTERNAL_H
#define TAEL_ENGINE_INTERNAL_H

#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
  LANES_MAX = 8,
  TASK_THREADS_MAX = 64,
  LISTENERS_MAX = 4,
  LATENCIES = 1024,
};

/* --- the queue -------------------------------------------------------------------------------- */
typedef struct queue {
  pthread_mutex_t lock;
  pthread_cond_t wake;   /* monotonic clock */
  command *first, *last; /* to be grouped */
  size_t count;          /* in both lines */
  _Atomic size_t ahead;  /* queued or running: what a new one waits for */
  struct {
    command *first, *last;
  } alone;          /* PostgreSQL: those that take a transaction each */
  bool group_taken; /* PostgreSQL: a lane is at work on a group; the next one gathers meanwhile */
  bool alone_next;  /* whose turn it is where there is one lane */
  bool stopping;
  bool side_work; /* tasks ended, clock moved: a group is wanted though no command waits */
} queue;

/* --- tasks ------------------------------------------------------------------------------------ */
typedef struct task_note { /* a due task in memory: waiting for a thread, running, or ended and not
                              yet written */
  struct task_note *next;
  task task;
  const task_type *type;
  bool is_done;
  bool given_up;    /* not done, and never tried again */
  instant next_due; /* else when again */
  char error[160];
} task_note;

typedef struct task_list {
  task_note *first, *last;
} task_list;

typedef struct task_pool {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_cond_t idle; /* nothing is ready or running */
  arena *arena;        /* of notes; bounded: tasks beyond it are found by a later scan */
  task_note *free;
  task_list ready, ended;
  task_list written;  /* ended, and that is committed: forgotten when no scan is under way */
  size_t scans;       /* under way: each reads the store, then lines up what it found */
  map *known;         /* task id -> its note */
  size_t open;        /* ready or running */
  size_t ended_count; /* of the line `ended` */
  atomic_int running; /* on a thread at this moment */
  bool stopping;
} task_pool;

typedef struct made_task { /* by a command of the group at hand */
  struct made_task *next;
  task task;
  const task_type *type;
} made_task;

/* A thread that wakes now and then, until it is told to stop. */
typedef struct pulse {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  bool stopping;
} pulse;

/* --- one transaction -------------------------------------------------------------------------- */
typedef struct closed_period {
  id entity;
  date through;
} closed_period;
enum { CLOSED_CACHE = 16 };

typedef struct value_list { /* rows of a table, to be written at the group's end */
  db_value *at;
  size_t count, room; /* of values */
} value_list;

typedef struct group {
  struct lane *l;
  engine *e;
  ctx ctx;      /* for the engine's own work */
  instant time; /* the next engine time to be stamped */
  bool wrote;   /* there is something to commit */
  bool has_events;
  value_list events, audit, keys;
  made_task *tasks;
  task_list ended; /* taken from the pool, to be put back when the commit fails */
  bool state_taken;
  closed_period closed[CLOSED_CACHE];
  size_t closed_count;
  ledger_lane chain; /* as it will be */
  id id_high;        /* as it will be; 0: unchanged */
  bool owes_sync;    /* committed, not yet durable */
  int64_t number;    /* of the last commit begun when it was handed over */
  command *list;     /* to be answered */
  size_t count;
} group;

/* --- commits whose sync is under way (sync.c) --------------------------------------------------
 */
enum { GROUPS_AHEAD = 2 }; /* one that is being made durable, one at hand */

typedef struct syncer {
  pthread_mutex_t lock;
  pthread_cond_t wake; /* there is a group */
  pthread_cond_t done; /* one is durable, or the disk failed */
  pthread_t thread;
  arena *arena;                 /* of what a failure says */
  group *waiting[GROUPS_AHEAD]; /* run and not durable yet, oldest first */
  size_t waiting_count;
  bool has_thread, stopping;
  instant last_at;                /* when the last one was done */
  _Atomic int64_t begun, durable; /* commits, by number */
} syncer;

/* --- the engine ------------------------------------------------------------------------------- */
typedef struct recall {
  arena *memory;
  map *rows;
  bool is_current;     /* what is kept is known to be good in this group */
  int64_t changes;     /* PostgreSQL: the number as of the group that kept it */
  int64_t own_changes; /* PostgreSQL: db_version of all tables when the transaction began */
} recall;

/* Up to where a lane will commit nothing any more. */
typedef struct lane_final {
  instant watermark; /* engine time */
  id event_floor;
} lane_final;

typedef struct lane {
  engine *e;
  int index;
  pthread_mutex_t lock; /* recursive: a reader of an in-memory store borrows the connection */
  pthread_t thread;
  db *d; /* NULL: to be opened again */
  book *b;
  arena *arena;               /* of the group at hand */
  group *group;               /* the one at hand */
  group groups[GROUPS_AHEAD]; /* here, so that they outlive a jump out of them */
  arena *arenas[GROUPS_AHEAD];
  ledger_lane chain; /* as committed */
  instant next_time; /* the lowest engine time not used yet */
  id token;
  db_work work; /* of the connection, as counted in the engine's sums */
  recall recall;
  map *heads;       /* aggregate -> its last event's sequence; NULL: the store is asked */
  lane_final final; /* of all that was committed, as of the last commit */
  bool leased;
  int64_t seen_commits; /* of the engine, when this lane last published its watermark */
  instant beat_at;      /* real time of the last heartbeat */
  instant node_at;      /* real time when the node's lease was last renewed */
} lane;

struct engine {
  engine_options options;
  engine_parts parts;
  arena *arena;
  const calendar *calendar;
  db_kind kind;
  bool in_memory;
  id_source *ids;
  _Atomic id id_high;        /* stored: no id beyond it is in a committed record */
  _Atomic int64_t offset_us; /* business time less real time */
  _Atomic int32_t jobs_through;
  atomic_bool state_dirty; /* the two above want to be stored */
  atomic_bool imported;    /* engine_set_now was used */
  atomic_bool broken;
  atomic_bool more_due; /* holds are left to expire */
  atomic_bool started;
  _Atomic uint64_t ctx_count;
  queue queue;
  lane lanes[LANES_MAX];
  int lane_count;
  syncer syncer;
  bool leaves_sync;   /* the embedded lane goes on while its last commit is made durable */
  bool answers_early; /* a planted defect: tests set it, and must see it */
  task_pool tasks;
  pthread_t task_threads[TASK_THREADS_MAX];
  pulse ticker, checkpointer;
  bool leads; /* the ticker's: this process runs the jobs */
  instant lead_again_at;
  const job_type **jobs; /* by order, the engine's own last */
  int64_t *job_slots;    /* of jobs by the second: the last one known to have run */
  size_t job_count;
  pthread_mutex_t jobs_lock; /* one job at a time */
  pthread_mutex_t readers_lock;
  db *readers[64];
  size_t reader_count;
  struct {
    void (*wake)(void *arg);
    void *arg;
  } listeners[LISTENERS_MAX];
  _Atomic size_t listener_count;
  /* health */
  _Atomic int64_t groups, commands, refused, overloaded, commits;
  _Atomic int64_t us_per_command; /* recent, of groups that were busy; 0: not known yet */
  _Atomic int64_t wait_max_us;
  _Atomic int64_t statements, pages; /* of the lanes' connections, as of their last commits */
  _Atomic instant watermark;
  pthread_mutex_t latency_lock;
  int32_t latency_us[LATENCIES];
  size_t latency_count;
  int64_t last_commit_us;
};

/* --- a running command ------------------------------------------------------------------------ */
typedef enum tx_phase { TX_LOAD, TX_DECIDE, TX_WRITE } tx_phase;

struct tx {
  group *g;
  command *cmd;
  ctx ctx; /* the command's: in its submitter's arena */
  tx_phase phase;
  id command_id;
  instant time;   /* engine time of the command */
  bool foresees;  /* load is only asked what it will need */
  bool preloaded; /* load has run, with load_outcome */
  status load_outcome;
  bool store_failed;            /* a look-up inside tx_apply failed */
  bool claimed;                 /* PostgreSQL: the row under the key is ours */
  bool looked_up;               /* PostgreSQL: the group has looked for the key */
  struct stored_answer *stored; /* what it found; NULL: nothing */
  id *accounts;
  size_t account_count, account_room;
  id128 *transfers;
  size_t transfer_count, transfer_room;
  const char *subject_kind;
  id subject;
  str detail;
};

/* engine.c */
instant engine_real_now(const engine *e);
void engine_break(engine *e, const char *why);
str keep_text(arena *a, str s); /* copied; empty when the arena is full */
status open_connection(engine *e, ctx *c, db_mode mode, db **out);

/* queue.c */
void queue_open(queue *q);
void queue_close(queue *q);
/* Under the queue's lock: there is something this moment's lane may take. */
bool queue_is_ready(const engine *e);
/* `holds_group`: it is a group of PostgreSQL, to be given back with queue_group_done. */
size_t queue_take(engine *e, size_t max, command **first, bool *holds_group);
void queue_group_done(engine *e);
void queue_want_group(engine *e);
void queue_answer(engine *e, command *list); /* done() of each */
void cond_open(pthread_cond_t *cond);
void cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);
void cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us);

/* group.c */
void group_run(lane *l, command *list, size_t count);
void group_note(group *g, value_list *list, const db_value *row, size_t places);
/* What everybody may know only when the group is durable: watermark, tasks, listeners, figures. */
void group_durable(group *g);
void group_give_failure(command *list, status s, const fault *why);

/* sync.c */
status sync_open(ctx *c, engine *e);
void sync_close(engine *e);
void sync_start(engine *e);
void sync_stop(engine *e); /* when lanes have stopped: what is under way is finished */
/* The lane's next group and its arena; waits until one is free. */
void sync_take_group(lane *l);
status sync_commit(group *g);
/* The commit failed: nobody needs to wait for it. */
void sync_forget(group *g);
/* The lane's group has run: it is answered when it and all before it are durable. */
void sync_hand_over(group *g);
/* Makes durable and answers what waits for it at this moment. */
void sync_step(engine *e);
/* Until all that a reader may have seen is durable. */
void sync_wait(engine *e);

/* tx.c */
status tx_accept(ctx *c, tx *t, void *state); /* a decide that refuses nothing */
status tx_load_needed(tx *t);
status tx_load_many(group *g, const id *accounts, size_t account_count, const id128 *transfers,
                    size_t transfer_count);

/* idempotency.c: `answered` when the stored answer was given or the key refused. */
status key_begin(tx *t, bool *answered);
/* PostgreSQL: the keys of a whole group are looked up together, and its answers stored together. */
status keys_look_up(group *g, tx *txs, size_t count);
status keys_flush(group *g);
status key_end(tx *t, str stored);
status key_release(tx *t); /* the command was refused: nothing is kept under its key */

/* state.c */
status state_load(ctx *c, engine *e);
status state_flush(group *g);

/* lanes.c */
/* PostgreSQL: leases the lowest free number from options.node on and puts it there. */
status node_take(ctx *c, engine *e, db *d);
status lane_take(ctx *c, lane *l);
/* Opens the connection again and takes a lane when it is gone; `why` is set on failure. */
status lane_ensure(lane *l, fault *why);
void lane_release(lane *l);
status lane_publish(group *g);
void lane_heartbeat(
    lane *l); /* PostgreSQL, idle: moves the watermark, keeps the lease, closes dead lanes */
bool lane_leads(engine *e); /* this process runs the jobs; asked by the ticker only */
size_t lane_step(lane *l);  /* group.c: one group; how many commands */

/* events.c */
status events_flush(group *g);
void events_forget_heads(lane *l);

/* recall.c */
status recall_open(ctx *c, lane *l);
void recall_close(lane *l);
void recall_trim(lane *l);                      /* between groups: makes room when it is full */
void recall_forget(lane *l);                    /* another connection: its numbers are other ones */
status recall_begin(group *g, size_t commands); /* before anything is read */
status recall_flush(group *g);                  /* tells others what was changed */

/* tasks.c */
status tasks_open(ctx *c, engine *e);
void tasks_close(engine *e);
status tasks_flush(group *g);
void tasks_committed(group *g);
void tasks_failed(group *g);
void tasks_scan(engine *e); /* puts due tasks in line */
void *tasks_thread(void *engine_arg);

/* jobs.c */
status jobs_open(ctx *c, engine *e);
void jobs_tick(engine *e); /* runs what business time has passed */
/* threads.c */
void engine_start_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *arg);
bool pulse_is_stopping(pulse *p);
/* clock.c */
status clock_tick(ctx *c, engine *e); /* groups until no hold is due; stores the clock */
void clock_move(engine *e, instant to);

#endif
