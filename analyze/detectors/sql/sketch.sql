-- Keys of what was asked. Texts that share one are nearly equal.
create or replace temp table sketch (hash blob, key ubigint)
