-- The sources of each call as a mask: source n has bit n.
create or replace temp table seen_by as
select format, plane, role, (row_number() over (order by format, plane) - 1)::integer as bit, events
from (select format, plane, max(role) as role, count(*) as events from sight group by format, plane);

create or replace temp table saw as
select s.call, bit_or(1::bigint << b.bit) as mask
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
group by s.call;
