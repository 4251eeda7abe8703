-- Tables of the payment module. Money lives on the ledger; these rows say what it was for and what is still to happen.
-- step 1

create table payment (
  payment_id INT8 primary key,
  payer INT8,
  payable_kind INT8,
  payable INT8,
  currency INT8,
  total INT8 check (total >= 0),
  difference INT8,
  captured INT8 check (captured >= 0),
  refunded INT8 check (refunded >= 0),
  returned INT8 check (returned >= 0),
  state INT8 check (state between 0 and 6),
  authorise_only FLAG,
  expires_at INT8,
  created_at INT8,
  updated_at INT8,
  check (refunded <= captured),
  check (returned <= refunded)
);
-- shard payment_id
create index payment_by_payer on payment (payer, payment_id);
create index payment_waiting on payment (expires_at) where state = 1;

-- One row per slice of a tender that pays a slice of a seller's share; kind 4 is suspense standing in for what was not paid,
-- is_over what was paid beyond the order. Accounts are kept so that giving back needs no look-up.
create table payment_part (
  payment_id INT8,
  part_no INT8,
  tender_no INT8,
  kind INT8 check (kind between 0 and 4),
  source INT8,
  seller INT8,
  child INT8,
  amount INT8 check (amount > 0),
  refunded INT8 check (refunded >= 0 and refunded <= amount),
  from_account INT8,
  to_account INT8,
  is_over FLAG,
  voucher TEXT,
  primary key (payment_id, part_no)
);
-- shard payment_id
-- clustered

-- Journalled before anything is sent. subject: the payment, refund, payout, top-up or withdrawal it serves; party: whose money
-- it is (payer, seller, holder of the wallet).
create table payment_attempt (
  attempt_id INT8 primary key,
  kind INT8 check (kind between 0 and 5),
  payment_id INT8,
  subject_kind INT8,
  subject INT8,
  party INT8,
  tender_no INT8,
  channel INT8,
  currency INT8,
  amount INT8 check (amount > 0),
  method INT8,
  token TEXT,
  instalments INT8,
  original INT8,
  original_ref TEXT,
  state INT8 check (state between 0 and 5),
  channel_ref TEXT,
  got_amount INT8,
  fee INT8 check (fee >= 0),
  reason TEXT,
  created_at INT8,
  updated_at INT8
);
-- shard attempt_id
create index payment_attempt_of_payment on payment_attempt (payment_id) where payment_id > 0;
create index payment_attempt_of_subject on payment_attempt (subject);
create index payment_attempt_open on payment_attempt (updated_at) where state <= 1;

create table payment_refund (
  payment_id INT8,
  refund_id INT8,
  seller INT8,
  child INT8,
  amount INT8 check (amount >= 0),
  to_payer INT8 check (to_payer >= 0),
  commission_back INT8 check (commission_back >= 0),
  state INT8 check (state between 0 and 1),
  reason TEXT,
  created_at INT8,
  updated_at INT8,
  primary key (payment_id, refund_id)
);
-- shard payment_id
-- clustered

create table payment_channel (
  channel_id INT8 primary key,
  name TEXT,
  kind TEXT,
  url TEXT,
  auto_capture FLAG,
  enabled FLAG,
  added_at INT8,
  changed_at INT8
);
-- reference

create table campaign (
  campaign_id INT8 primary key,
  name TEXT,
  currency INT8,
  budget INT8 check (budget > 0),
  per_order_max INT8 check (per_order_max >= 0),
  account INT8,
  created_at INT8
);
-- shard campaign_id

-- state 0 free, 1 used by payment_id.
create table voucher (
  code TEXT primary key,
  campaign_id INT8,
  account INT8,
  currency INT8,
  amount INT8 check (amount > 0),
  state INT8 check (state between 0 and 1),
  payment_id INT8,
  expires_at INT8,
  created_at INT8
);
-- shard code
create index voucher_of_campaign on voucher (campaign_id, code);

-- What a seller is owed and when. kind 0: the share of a child order, 1: its reserve, 2: nothing to move, only a reason to
-- look again (a payout came back). amount shrinks when a refund takes from it before it is due. state 0 waits, 1 settled.
create table settlement_item (
  seller INT8,
  child INT8,
  kind INT8 check (kind between 0 and 2),
  payment_id INT8,
  currency INT8,
  due INT8,
  amount INT8 check (amount >= 0),
  state INT8 check (state between 0 and 1),
  settlement_id INT8,
  primary key (seller, child, kind)
);
-- shard seller
-- clustered
create index settlement_item_due on settlement_item (seller, due) where state = 0;

create table settlement (
  seller INT8,
  settlement_id INT8,
  business_date INT8,
  currency INT8,
  items INT8,
  settled INT8,
  available_before INT8,
  payout_id INT8,
  paid_out INT8 check (paid_out >= 0),
  created_at INT8,
  primary key (seller, settlement_id)
);
-- shard seller
-- clustered

-- state 0 sent, 1 paid, 2 returned.
create table payout (
  seller INT8,
  payout_id INT8,
  business_date INT8,
  currency INT8,
  amount INT8 check (amount > 0),
  state INT8 check (state between 0 and 2),
  attempt_id INT8,
  created_at INT8,
  updated_at INT8,
  primary key (seller, payout_id)
);
-- shard seller
-- clustered
create index payout_by_date on payout (business_date, payout_id);

-- Sellers whose available balance is below zero: what the market has advanced for them.
create table seller_debt (
  seller INT8 primary key,
  since INT8
);
-- shard seller

create table payment_break (
  break_id INT8 primary key,
  kind TEXT,
  payment_id INT8,
  subject INT8,
  amount INT8,
  currency INT8,
  state INT8 check (state between 0 and 1),
  note TEXT,
  resolution TEXT,
  resolved_by INT8,
  found_at INT8,
  resolved_at INT8,
  owner INT8 -- who looks into it; 0: nobody
);
-- shard break_id
create index payment_break_of_payment on payment_break (payment_id);

-- Top-ups (kind 0), withdrawals (1) and transfers to another wallet (2) of one user. state 0 waits, 1 done, 2 failed.
create table wallet_move (
  owner INT8,
  move_id INT8,
  kind INT8 check (kind between 0 and 2),
  other INT8,
  currency INT8,
  amount INT8 check (amount > 0),
  state INT8 check (state between 0 and 2),
  business_date INT8,
  created_at INT8,
  updated_at INT8,
  primary key (owner, move_id)
);
-- shard owner
-- clustered
create index wallet_move_of_day on wallet_move (owner, business_date);

create table safeguard_proof (
  business_date INT8,
  entity INT8,
  currency INT8,
  assets INT8,
  owed INT8,
  advanced INT8,
  is_equal FLAG,
  taken_at INT8,
  primary key (business_date, entity, currency, taken_at)
);
-- reference
-- append only

-- Chargebacks. state 0 open, 1 won, 2 lost, 3 given up (the clock ran out).
create table dispute (
  dispute_id INT8 primary key,
  payment_id INT8,
  attempt_id INT8,
  channel INT8,
  seller INT8,
  child INT8,
  part_no INT8,
  amount INT8 check (amount > 0),
  currency INT8,
  state INT8 check (state between 0 and 3),
  reason TEXT,
  evidence TEXT,
  from_account INT8,
  answer_by INT8,
  opened_at INT8,
  closed_at INT8
);
-- shard dispute_id
create index dispute_of_payment on dispute (payment_id);
create index dispute_of_seller on dispute (seller, dispute_id);
create index dispute_open on dispute (answer_by) where state = 0;

-- step 2

-- Lists over all sellers, newest first, and one seller's items by the day they are due.
create index payout_newest on payout (payout_id);
create index settlement_newest on settlement (settlement_id);
create index settlement_item_listed on settlement_item (due, child, kind);
create index settlement_item_of_seller on settlement_item (seller, due, child, kind);
create index voucher_newest on voucher (campaign_id, created_at, code);

-- Approved attempts that moved money and whose line in the channel's settlement file was not seen yet; gone when it was.
-- state 0 waits, 1 listed as missing, 2 its channel sends no files.
create table channel_due (
  attempt_id INT8 primary key,
  channel INT8,
  business_date INT8,
  state INT8 check (state between 0 and 2)
);
-- shard attempt_id
create index channel_due_by_date on channel_due (channel, business_date);
create index channel_due_waiting on channel_due (business_date, channel) where state = 0;

-- Every line of a settlement file that was booked, under the attempt's id as the channel wrote it: each is booked once.
-- state 0 matched, 1 another amount, 2 no such attempt, 3 not readable.
create table channel_line (
  channel INT8,
  attempt TEXT,
  business_date INT8,
  kind INT8,
  amount INT8,
  fee INT8,
  state INT8 check (state between 0 and 3),
  booked_at INT8,
  primary key (channel, attempt)
);
-- shard channel
-- append only
-- clustered

-- Each version of a settlement file that was read.
create table channel_file (
  channel INT8,
  business_date INT8,
  sha256 BYTES,
  bytes INT8,
  lines INT8,
  read_at INT8,
  primary key (channel, business_date, sha256)
);
-- shard channel

-- step 3

-- Lists of many rows: payments that are not simply paid, breaks that are open; a day's sums of what falls due from the
-- index alone.
create index payment_by_state on payment (state, payment_id) where state <> 2;
create index payment_break_open on payment_break (break_id) where state = 0;
drop index settlement_item_listed;
create index settlement_item_by_due on settlement_item (due, child, kind, state, amount);
drop index settlement_item_of_seller;
create index settlement_item_of_seller_by_due on settlement_item (seller, due, child, kind, state, amount);
create index safeguard_proof_newest on safeguard_proof (taken_at, entity, currency);
