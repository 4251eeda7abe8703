-- schema.sql - what screens of the whole market are drawn from: sums made once, as records and events come in, so that
-- a year is as quick to show as a day. All of it but saved views and proofs follows from the ledger and the events,
-- and can be made again.
-- step 1

-- How far each source was read. source 0: the events, by id; lane + 1: a lane of the ledger, by sequence.
create table desk_reader (
  source INT8 primary key,
  position INT8
);
-- reference
-- not hashed

-- Money that moved on a business date between two kinds of account, by what moved it. party: which channel or
-- campaign, where one side is one of theirs, else 0.
create table desk_flow (
  business_date INT8,
  asset INT8,
  debit_code INT8,
  debit_party INT8,
  credit_code INT8,
  credit_party INT8,
  why INT8,
  amount INT8,
  transfers INT8,
  primary key (business_date, asset, debit_code, debit_party, credit_code, credit_party, why)
);
-- shard business_date
-- clustered
-- not hashed

-- Where a business date's records begin and end in a lane: what a flow opens down to.
create table desk_place (
  business_date INT8,
  lane INT8,
  first_sequence INT8,
  last_sequence INT8,
  primary key (business_date, lane)
);
-- shard business_date
-- clustered
-- not hashed

-- Events of a type in an hour of the market's own time, hours since 1970 there; amount: of those that name one.
create table desk_count (
  hour INT8,
  type TEXT,
  events INT8,
  amount INT8,
  primary key (hour, type)
);
-- shard hour
-- clustered
-- not hashed

-- How the engine was at a minute of real time; commands, commits and refused count from the program's start.
create table desk_health (
  minute INT8 primary key,
  queued INT8,
  commands INT8,
  commits INT8,
  refused INT8,
  overloaded INT8,
  commit_p99_us INT8
);
-- shard minute
-- not hashed

-- Proofs asked for on the spot. state 0 waits, 1 runs, 2 proved, 3 disproved, 4 could not look.
create table desk_proof (
  proof INT8 primary key,
  asked_by INT8,
  asked_at INT8,
  ended_at INT8,
  state INT8 check (state between 0 and 4)
);
-- shard proof
-- not hashed

create table desk_proof_step (
  proof INT8,
  step INT8,
  state INT8 check (state between 0 and 4),
  violation TEXT,
  figures TEXT,
  began_at INT8,
  ended_at INT8,
  primary key (proof, step)
);
-- shard proof
-- clustered
-- not hashed

-- A person's saved views of lists: which page, under what name, with what filters.
create table desk_view (
  owner INT8,
  view_id INT8,
  page TEXT,
  name TEXT,
  query TEXT,
  made_at INT8,
  primary key (owner, view_id)
);
-- shard owner
-- clustered
-- not hashed

-- step 2

-- What a campaign's money did, of all that moved.
create index desk_flow_from on desk_flow (debit_party, business_date) where debit_party <> 0;
create index desk_flow_to on desk_flow (credit_party, business_date) where credit_party <> 0;
