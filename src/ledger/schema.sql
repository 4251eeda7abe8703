-- The ledger's tables. Both stores answer the same questions by the same names: ledger_transfer has what was decided,
-- by its id, and is what two stores with the same history have in common; ledger_journal has the canonical 128-byte
-- record at its place in a lane, which is what the hash chain proves; entries and balances follow from the transfers,
-- so they are proved by verify and stay out of the state hash, as do lanes and chains.
-- On PostgreSQL these are four tables, and a transfer is kept twice on purpose. On SQLite records lie packed in
-- ledger_page, ledger_settled follows with the balances, and the four are virtual tables over them, to be read only.
-- step 1

create table ledger_asset (
  number INT8 primary key,
  code TEXT,
  scale INT8 check (scale between 0 and 18),
  kind TEXT check (kind in ('money', 'stock', 'points', 'units'))
);
-- reference
-- append only

create table ledger_asset_code (
  code TEXT primary key,
  number INT8
);
-- reference
-- append only

create table ledger_account (
  account_id INT8 primary key,
  tenant INT8,
  entity INT8,
  owner INT8,
  asset INT8,
  code INT8,
  flags INT8,
  allowance INT8 check (allowance >= 0),
  opened_at INT8
);
-- shard account_id
-- What the trial balance walks: groups come out together, a part of the chart alone is read alone.
create index ledger_account_class on ledger_account (code, entity, asset);

-- One account for an owner, code and asset; accounts opened by API (slot = account) may be many.
create table ledger_owner (
  owner INT8,
  code INT8,
  asset INT8,
  slot INT8,
  account INT8,
  primary key (owner, code, asset, slot)
);
-- shard owner
-- append only
-- clustered

-- stripe 0: the one row of an account that is not striped; else lane + 1. Holds of a striped account may end in
-- another lane than they began in, so only the sum of its pending amounts is never below zero.
create table ledger_balance (
  account INT8,
  stripe INT8,
  debits_posted INT8 check (debits_posted >= 0),
  credits_posted INT8 check (credits_posted >= 0),
  debits_pending INT8 check (stripe > 0 or debits_pending >= 0),
  credits_pending INT8 check (stripe > 0 or credits_pending >= 0),
  last_time INT8,
  primary key (account, stripe)
);
-- shard account
-- clustered
-- not hashed
-- virtual ledger_history
-- Rows that are written again and again find room for their next version on their own page.
alter table ledger_balance set (fillfactor = 50);
-- postgres only

create table ledger_transfer (
  id BYTES primary key,
  debit INT8,
  credit INT8,
  amount INT8 check (amount > 0),
  asset INT8,
  code INT8,
  flags INT8,
  pending_id BYTES NULL,
  timeout_s INT8,
  entity INT8,
  command INT8,
  ref INT8,
  business_date INT8
);
-- shard id
-- append only
-- clustered
-- virtual ledger_history

-- id_tail: the low half of the id, so that a transfer's place is found through its command.
create table ledger_journal (
  lane INT8,
  sequence INT8,
  command INT8,
  id_tail INT8,
  ref INT8,
  record BYTES,
  primary key (lane, sequence)
);
-- shard lane
-- append only
-- clustered
-- not hashed
-- virtual ledger_history
create index ledger_journal_command on ledger_journal (command, id_tail);
-- postgres only
create index ledger_journal_ref on ledger_journal (ref) where ref <> 0;
-- postgres only

-- One row per transfer and account, with the account's balance (or its stripe's) just after. Engine time is unique
-- and rising within an account's stripe, so a balance of the past is one look-up.
create table ledger_entry (
  account INT8,
  stripe INT8,
  time INT8,
  lane INT8,
  sequence INT8,
  is_debit FLAG,
  debits_posted INT8,
  credits_posted INT8,
  debits_pending INT8,
  credits_pending INT8,
  primary key (account, stripe, time)
);
-- shard account
-- append only
-- clustered
-- not hashed
-- virtual ledger_history

-- Up to 26 records with their links (pages.h): what fills one page of the file. `head` is the chain's after the last
-- record of the row, `command` the first record's.
create table ledger_page (
  position INT8 primary key,
  lane INT8,
  sequence INT8,
  command INT8,
  body BYTES,
  head BYTES
);
-- shard position
-- append only
-- not hashed
-- sqlite only
create unique index ledger_page_place on ledger_page (lane, sequence);
-- sqlite only
create index ledger_page_command on ledger_page (lane, command);
-- sqlite only

-- Balances as of position last_position; what came after is in the pages behind ledger_swept.
create table ledger_settled (
  account INT8,
  stripe INT8,
  debits_posted INT8,
  credits_posted INT8,
  debits_pending INT8,
  credits_pending INT8,
  last_time INT8,
  last_position INT8,
  entries INT8,
  primary key (account, stripe)
);
-- shard account
-- clustered
-- not hashed
-- sqlite only

-- Every entry up to this position is in the rows of ledger_settled. One row, slot 0.
create table ledger_swept (
  slot INT8 primary key,
  position INT8
);
-- reference
-- not hashed
-- sqlite only

-- The balance just after every 256th entry of an account's stripe.
create table ledger_mark (
  account INT8,
  stripe INT8,
  time INT8,
  position INT8,
  entries INT8,
  debits_posted INT8,
  credits_posted INT8,
  debits_pending INT8,
  credits_pending INT8,
  primary key (account, stripe, time)
);
-- shard account
-- append only
-- clustered
-- not hashed
-- sqlite only

-- Neighbours with the same reference share a row.
create table ledger_ref (
  ref INT8,
  position INT8,
  count INT8,
  primary key (ref, position)
);
-- shard ref
-- append only
-- clustered
-- not hashed
-- sqlite only

create table ledger_hold (
  id BYTES primary key,
  state INT8 check (state between 1 and 4),
  expires_at INT8,
  posted INT8 check (posted >= 0)
);
-- shard id
-- clustered
create index ledger_hold_due on ledger_hold (expires_at) where state = 1 and expires_at > 0;

create table ledger_reversal (
  original BYTES primary key,
  reversal BYTES
);
-- shard original
-- append only
-- clustered

create table ledger_lane (
  lane INT8 primary key,
  sequence INT8 check (sequence >= 0),
  last_time INT8,
  head BYTES,
  closed FLAG
);
-- shard lane
-- not hashed

create table ledger_period (
  entity INT8 primary key,
  closed_through INT8
);
-- reference

create table ledger_checkpoint (
  checkpoint_id INT8 primary key,
  sealed_at INT8,
  body TEXT,
  signature BYTES,
  public_key BYTES
);
-- reference
-- append only
-- not hashed
