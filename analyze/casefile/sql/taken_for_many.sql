-- No rows, which DuckDB takes for many. Of what is filtered and joined it expects so few
-- rows that it would build its hash tables of them, not of the words that they are
-- joined with: three million calls did not fit then.
(select {{nulls}} from range(1000000000) limit (select 0))
