-- pg_textbook.sql - one transfer as textbooks have it: two updates, two inserts, one commit. The lower account is always
-- locked first, so that nothing deadlocks; the sign of the amount says which way the money goes.
\set low random(1, :accounts - 1)
\set high random(:low + 1, :accounts)
\set amount random(1, 100000) * (1 - 2 * random(0, 1))
begin;
update account set balance = balance - :amount where id = :low;
update account set balance = balance + :amount where id = :high;
insert into entry (account, amount) values (:low, - cast(:amount as bigint));
insert into entry (account, amount) values (:high, :amount);
commit;
