-- All records of some calls.
select s.call, b.bit, s.eid
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
where s.call in (select unnest(from_json($calls, '["BIGINT"]')))
order by s.call, b.bit, s.eid
