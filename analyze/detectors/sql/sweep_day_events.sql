-- The calls of the largest group of nearly equal texts of an actor on a day.
with asked as (
    select c.eid, c.at_us, c.operation, c.model, k.key, k.hash, c.actor
    from sketch k
    join said s on s.prompt = k.hash
    join call c on c.eid = s.eid
    where c.actor = $actor
),
today as (
    select key, count(distinct hash) as n
    from asked
    where at_us >= $from and at_us < $to and key not in (select key from asked group by key having max(at_us // 86400000000) - min(at_us // 86400000000) > 7)
    group by key
    order by n desc, key
    limit 1
)
select a.eid, coalesce(a.operation::varchar, ''), coalesce(a.model::varchar, ''), a.at_us
from asked a
join today t on t.key = a.key
where a.at_us >= $from and a.at_us < $to
order by a.at_us, a.eid
limit 10000
