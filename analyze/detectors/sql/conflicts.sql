-- How many calls each application, or actor without one, made with documents in
-- six hours, and in how many of them the documents say different numbers of one thing.
select
    coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar, 'nobody known') as subject, c.at_us // 21600000000 * 21600000000 as at_us,
    count(*)::bigint, count(*) filter (f.conflicts > 0)::bigint, 0::bigint
from conflicting f
join call c on c.eid = f.eid
group by all
order by all
