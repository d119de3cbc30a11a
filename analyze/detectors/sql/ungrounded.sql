-- How many answers with numbers each application, or actor without one, gave from documents in
-- six hours, and how many of them state a number that nothing says that the call was given.
select
    coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar, 'nobody known') as subject, c.at_us // 21600000000 * 21600000000 as at_us,
    count(*)::bigint, count(*) filter (f.missing > 0)::bigint, 0::bigint
from answered_from f
join call c on c.eid = f.eid
group by all
order by all
