-- The events of each segment that a query selects, as bits by row.
{{with}}
select e.eid // 268435456 as segment, bitstring_agg((e.eid % 268435456)::integer, 0, {{most}})::blob as rows
from events_all e
where true
    {{conditions}}
group by segment
order by segment
