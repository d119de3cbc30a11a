-- The different words of a column of table call.
create or replace temp table call_word as
select distinct value
from (
    {{values}}
)
where value is not null;
