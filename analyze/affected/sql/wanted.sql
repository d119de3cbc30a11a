-- What is asked for: a thing is a text by its hash, or a value by the kinds
-- under which the index of identifiers or a column has it.
create or replace temp table wanted as
select thing, kind, value, case when kind = 'content' then from_hex(value) end as hash, hash(value) as h
from (select unnest($things) as thing, unnest($kinds) as kind, unnest($values) as value);
