-- The segments whose events may have one of the values as an identifier.
select distinct eid // 268435456 as segment
from identifier_index
where h in (select hash(unnest($values::varchar[])))
order by segment
