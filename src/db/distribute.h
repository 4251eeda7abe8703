/* distribute.h - the tables of a store over the nodes of a Citus cluster, from the shard key that
 * each schema declares: what `tael migrate --distribute` is made of. */
#ifndef TAEL_DB_DISTRIBUTE_H
#define TAEL_DB_DISTRIBUTE_H

#include "db/db.h"

/* One statement of the plan, ended by a semicolon. Not OK ends the plan. */
typedef status (*db_plan_step)(ctx *c, db *d, void *arg, str sql);

/* Gives, in their order, the statements that are still to be run: triggers away, reference tables,
 * distributed tables (those with a key of one type lie together, so that they can be joined on it).
 * Nothing for what is distributed already. Each may be run by itself: a plan that was cut off goes
 * on. Works without the extension, which then has nothing distributed. */
status db_distribute_plan(ctx *c, db *d, db_plan_step step, void *arg);
/* E_CONFLICT, with what to do, when the database lacks the extension citus. All three take a store
 * on PostgreSQL. */
status db_distribute_check(ctx *c, db *d);
/* Runs one statement of the plan. */
status db_distribute_run(ctx *c, db *d, str sql);

#endif
