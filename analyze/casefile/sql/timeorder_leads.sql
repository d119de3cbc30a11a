-- Those of these events by whose eid the view calls has the call, as bits by row.
select eid // 268435456 as segment, bitstring_agg((eid % 268435456)::integer, 0, {{most}})::blob as rows
from (select coalesce(said, gateway, trace, client, who, other, call) as eid from joined_call)
group by segment
order by segment
