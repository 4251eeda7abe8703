/* module.c - the payment module's tables, gathered for cli/ to wire in: schema, routes, jobs,
 * tasks. */
#include "modules/payment/api.h"
#include "modules/payment/remit.h"

extern const char payment_schema_sql[];

static const db_schema schema = {"payment", payment_schema_sql};

static const job_type *const jobs[] = {
    &payment_job_settlement, &payment_job_sweep,    &payment_job_safeguard, &payment_job_repair,
    &payment_job_expire,     &payment_job_disputes, &payment_job_channels};
static const task_type *const tasks[] = {&payment_send_task, &payment_query_task};

const module payment_module = {.name = "payment",
                               .schema = &schema,
                               .routes = payment_routes,
                               .route_count = PAYMENT_ROUTES,
                               .jobs = jobs,
                               .job_count = COUNT_OF(jobs),
                               .tasks = tasks,
                               .task_count = COUNT_OF(tasks)};
