-- Whose the words of a column are.
create or replace temp table words_of_{{column}} as
select value, person, case when basis = 'list' then person end as listed
from (select try_cast(value as {{type}}) as value, person::{{type_person}} as person, basis from identity)
where value is not null;
