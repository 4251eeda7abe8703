-- schema.sql - what the engine keeps beside the ledger: events, the audit trail, answers under their keys, tasks, job
-- runs, and the leases of the writers.

-- step 1

create table engine_state (
  name TEXT,
  value INT8,
  primary key (name)
);
-- shard name
-- not hashed

create table engine_lane (
  lane INT8,
  node INT8,
  token INT8,
  expires_at INT8,
  watermark INT8,
  event_floor INT8,
  primary key (lane)
);
-- shard lane
-- not hashed

create table engine_command (
  command_id INT8,
  at INT8,
  name TEXT,
  actor_kind INT8,
  actor INT8,
  tenant INT8,
  key_id INT8,
  subject_kind TEXT,
  subject INT8,
  detail TEXT,
  primary key (command_id)
);
-- shard command_id
-- append only
create index engine_command_subject on engine_command (subject, command_id);

create table engine_key (
  key_hash BYTES,
  body_hash BYTES,
  at INT8,
  http_status INT8,
  command_id INT8,
  response BYTES,
  primary key (key_hash)
);
-- shard key_hash
create index engine_key_at on engine_key (at);

create table engine_event (
  aggregate INT8,
  sequence INT8,
  event_id INT8,
  at INT8,
  kind TEXT,
  tenant INT8,
  type TEXT,
  body TEXT,
  primary key (aggregate, sequence)
);
-- shard aggregate
-- append only
-- clustered
create index engine_event_id on engine_event (event_id);
create index engine_event_tenant on engine_event (tenant, event_id);

create table engine_event_head (
  aggregate INT8,
  sequence INT8,
  primary key (aggregate)
);
-- shard aggregate
-- not hashed

create table engine_task (
  task_id INT8,
  kind TEXT,
  subject INT8,
  due INT8,
  tries INT8,
  state INT8,
  claimed_until INT8,
  last_error TEXT,
  primary key (task_id),
  check (state in (0, 1))
);
-- shard task_id
create index engine_task_due on engine_task (state, due, task_id);

create table engine_job_run (
  name TEXT,
  slot INT8,
  at INT8,
  report TEXT,
  primary key (name, slot)
);
-- shard name
-- clustered

-- step 2

-- What a tenant sees is read by tenant; the platform's own events (tenant 0) are read with all others, by their ids.
drop index engine_event_tenant;
create index engine_event_of_tenant on engine_event (tenant, event_id) where tenant <> 0;
