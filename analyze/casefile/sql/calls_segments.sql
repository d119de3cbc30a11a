-- The segments of the events that are linked into the given parts.
select distinct eid // 268435456 as segment
from link
where part_of >= $from and part_of < $to
order by segment
