-- Whose principals are, and which actor each is.
create or replace temp table words_of_principal as
select
    w.value::{{type}} as value, i.person::{{type_person}} as person, case when i.basis = 'list' then i.person end::{{type_person}} as listed,
    {{bare}}::{{type_actor}} as actor
from (select distinct value from ({{values}}) where value is not null) w
left join identity i on i.value = w.value;
