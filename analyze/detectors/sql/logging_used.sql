-- What those who changed a log did with models in the day after it, and how often
-- they had changed one on an earlier day. $changes are the events of the changes.
with change as (
    select a.eid, a.at_us, a.actor, a.region
    from act a
    where a.eid in (select unnest(from_json($changes, '["BIGINT"]')))
)
select
    g.eid, coalesce(g.actor, ''),
    count(c.eid),
    coalesce(list(c.eid order by c.at_us, c.eid)[:100], [])::bigint[],
    (select count(distinct o.at_us // 86400000000) from change o where o.actor = g.actor and o.at_us // 86400000000 < g.at_us // 86400000000)
from change g
left join call c on c.actor = g.actor and c.at_us between g.at_us and g.at_us + 86400000000
group by g.eid, g.actor, g.at_us
order by g.at_us, g.eid
