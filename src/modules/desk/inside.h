/* inside.h - private: rows of the desk's tables, how records and events are summed, and the
 * handlers of its routes. Amounts are minor units; dates are business dates; an hour is one of the
 * market's own time, counted from 1970 there. */
#ifndef TAEL_DESK_INSIDE_H
#define TAEL_DESK_INSIDE_H

#include "base/hash.h"
#include "ledger/scan.h"
#include "modules/desk/desk.h"
#include "modules/identity/identity.h"

enum {
  SOURCE_EVENTS = 0,  /* lane + 1 else */
  BATCH_MAX = 10000,  /* records or events summed in one commit */
  SCAN_STEP = 500,    /* records read at once */
  SCAN_MAX = 2000,    /* records one answer looks at */
  PERIOD_MAX = 3660,  /* days one answer covers */
  SERIES_MAX = 10000, /* points one answer has */
};

/* --- flows ------------------------------------------------------------------------------------ */
typedef struct flow_side {
  uint16_t code;
  id party; /* channel or campaign; else 0 */
} flow_side;
typedef struct flow {
  date on;
  uint32_t asset;
  flow_side debit, credit;
  uint16_t why;
  int64_t amount, transfers;
} flow;

/* Which side an account stands for; remembered for as long as the arena it was opened on. */
typedef struct side_book {
  arena *arena;
  map *known;
} side_book;
status side_book_open(ctx *c, arena *a, side_book *out); /* E_NO_MEMORY; closed with the arena */
status side_of(ctx *c, db *d, side_book *b, id account_id, flow_side *out);

/* Sums that grew; rows of one key are together only after flows_merge. */
typedef struct flow_list {
  flow *items;
  size_t count, room;
} flow_list;
/* Adds one record; holds, their ends without money, and goods count nothing. */
status flows_add(ctx *c, db *d, side_book *b, const transfer *t, flow_list *out);
void flows_merge(flow_list *list); /* sorted by key, one row a key */

/* Adds the records of a lane after `after`, as far as an answer looks; *complete false: there are
 * more. Dates are kept. */
status flows_add_after(ctx *c, db *d, uint16_t lane, int64_t after, side_book *b, flow_list *out,
                       bool *complete);

/* --- reading on ------------------------------------------------------------------------------- */
status desk_position(ctx *c, db *d, int64_t source, int64_t *out);
extern const job_type desk_roll_job;
/* The same on the spot: everything committed so far is summed. */
status desk_roll(ctx *c, engine *e);

/* Flows of a period, one row a key, their date 0; *complete false: the newest are not in it yet. */
status desk_flows_between(ctx *c, db *d, date first, date last, flow_list *out, bool *complete);

/* --- proofs ----------------------------------------------------------------------------------- */
enum proof_state { PROOF_WAITS, PROOF_RUNS, PROOF_PROVED, PROOF_DISPROVED, PROOF_FAILED };
enum { PROOF_STEPS = 4 };
extern const char *const proof_states[];
extern const char *const proof_steps[]; /* trial_balance, safeguarding, goods, books */
extern const task_type desk_prove_task;

typedef struct proof_step_row {
  int step, state;
  str violation;
  str figures; /* a JSON object */
  instant began_at, ended_at;
} proof_step_row;
typedef struct proof_row {
  id proof, asked_by;
  instant asked_at, ended_at;
  int state;
  field_array steps; /* of proof_step_row */
} proof_row;
extern const command_type desk_ask_proof;                        /* state: proof_row, filled */
status desk_load_proof(ctx *c, db *d, id proof, proof_row *out); /* E_NOT_FOUND */

/* --- handlers --------------------------------------------------------------------------------- */
#define DESK_READ(name) status name(ctx *c, const request *r, db *d, void *out)
#define DESK_PREPARE(name) status name(ctx *c, const request *r, command *cmd, void **out)
DESK_READ(desk_read_flows);
DESK_READ(desk_read_postings);
DESK_READ(desk_read_burn_down);
DESK_READ(desk_read_series);
DESK_READ(desk_read_health);
DESK_READ(desk_read_now);
DESK_READ(desk_read_proof);
DESK_READ(desk_read_proofs);
DESK_PREPARE(desk_prepare_proof);
DESK_READ(desk_read_views);
DESK_PREPARE(desk_prepare_view);
DESK_PREPARE(desk_prepare_drop_view);
DESK_READ(desk_read_jobs);
DESK_READ(desk_read_job_runs);
DESK_PREPARE(desk_prepare_job);
extern const shape desk_page_shape, desk_flow_query_shape, desk_flow_shape,
    desk_posting_query_shape, desk_posting_shape, desk_burn_shape, desk_series_query_shape,
    desk_point_shape, desk_health_query_shape, desk_health_shape, desk_now_shape, desk_proof_shape,
    desk_view_query_shape, desk_view_in_shape, desk_view_shape, desk_job_shape, desk_job_run_shape,
    desk_job_in_shape, desk_job_out_shape;

/* The first and last business date a query asks for: `to` left out is today, `from` a month before.
 * E_MALFORMED when they are the wrong way round or too far apart. */
status desk_period(ctx *c, date from, date to, date *first, date *last);

#endif
