-- How many inferences a log has, how many of them another shows too, and how
-- many have no time.
select count(*), count(*) filter (w.mask & $mask::bigint <> 0), count(*) filter (s.ts is null)
from sight s
join events e on e.eid = s.eid
join saw w on w.call = s.call
where s.format = $client and e.kind = 'inference'
