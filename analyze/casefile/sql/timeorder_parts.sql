-- The events of each segment that show a call which other events show as well, as
-- bits by row.
select eid // 268435456 as segment, bitstring_agg((eid % 268435456)::integer, 0, {{most}})::blob as rows
from call_event
group by segment
order by segment
