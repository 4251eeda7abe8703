-- pg_schema.sql - the ledger one would write first in PostgreSQL: accounts with a balance, two entries a transfer, and
-- the same as a stored procedure. No second index, no limits, no duplicate check: less than Tael does.
create table account (
  id bigint primary key,
  balance bigint not null
);
create table entry (
  id bigserial primary key,
  account bigint not null,
  amount bigint not null,
  at timestamptz not null default now()
);
insert into account select n, 0 from generate_series(1, :accounts) n;

create function move(giver bigint, taker bigint, amount bigint) returns void language sql as $$
  update account set balance = balance - amount where id = giver;
  update account set balance = balance + amount where id = taker;
  insert into entry (account, amount) values (giver, -amount), (taker, amount);
$$;
vacuum analyze account;
