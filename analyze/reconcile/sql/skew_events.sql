-- The events of two sources that show the calls of a list.
select s.call, s.eid
from (select unnest(string_split($calls, ','))::bigint as call) c
join sight s on s.call = c.call
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
where b.bit = $reference or b.bit = $subject
order by s.call, b.bit, s.eid
