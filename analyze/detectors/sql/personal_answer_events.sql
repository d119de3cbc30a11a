-- The calls of an actor in a span whose answer holds personal data.
select c.eid, coalesce(c.actor::varchar, ''), c.at_us
from call c
join said s on s.eid = c.eid
where 'actor ' || c.actor::varchar = $subject and c.at_us >= $from and c.at_us < $to and c.outcome = 'success'
    and s.response in (select hash from sign where kind = 'personal' and score >= 0.5)
order by c.at_us, c.eid
limit 10000
