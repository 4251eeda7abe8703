-- What the simulated bank remembers: every attempt it was ever asked for, by the asker's id.
-- step 1
create table bank_attempt (
  attempt TEXT primary key,
  account TEXT,
  kind INT8,
  outcome INT8,
  reported INT8,
  amount INT8 check (amount > 0),
  fee INT8 check (fee >= 0),
  currency INT8,
  method INT8,
  token TEXT,
  instalments INT8,
  original TEXT,
  returned INT8 check (returned >= 0),
  reference TEXT,
  happened_on INT8,
  queries INT8
);
-- shard attempt
create index bank_attempt_day on bank_attempt (happened_on);
