-- The events of each segment that repeat another, as bits by row.
select eid // 268435456 as segment, bitstring_agg((eid % 268435456)::integer, 0, {{most}})::blob as rows
from duplicate
group by segment
order by segment
