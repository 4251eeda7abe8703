-- pg_procedure.sql - the same transfer as one call of a stored procedure: one round trip instead of six.
\set low random(1, :accounts - 1)
\set high random(:low + 1, :accounts)
\set amount random(1, 100000) * (1 - 2 * random(0, 1))
select move(:low, :high, :amount);
