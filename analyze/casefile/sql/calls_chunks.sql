-- The chunks of the calls that were just merged, each side in order.
select c.call, e.format, e.prompt, e.response
from (select distinct call from merging) m
join call_event c on c.call = m.call
join read_parquet({{all_events}}) e on e.segment = c.eid // 268435456 and e.row = c.eid % 268435456
where c.call > $after and e.content_state = 'truncated' and e.sequence is not null and list_contains({{joiners}}::varchar[], e.format)
order by c.call, e.format, c.said
