-- The different words of a column of tables call and act.
create or replace temp table words as
select distinct value
from (
    {{values}}
)
where value is not null;
