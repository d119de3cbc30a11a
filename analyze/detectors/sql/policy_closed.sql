-- Calls while a calendar is closed, by group and day of the calendar. Of the
-- times in which a calendar is closed the last that began before a call counts.
with hit as (
    select x.n as n, x.g as g, x.k as k
    from (select unnest(from_json($hits, '[{"n":"BIGINT","g":"BIGINT","k":"BIGINT"}]')) as x)
),
closed as (
    select x.k as k, x.f as f, x.t as t, x.day as day
    from (select unnest(from_json($closed, '[{"k":"BIGINT","f":"BIGINT","t":"BIGINT","day":"VARCHAR"}]')) as x)
),
used as (
    select h.g, h.k, u.eid, u.at_us
    from hit h
    join policy_asked p on p.n = h.n
    join policy_use u on u.actor is not distinct from p.actor
        and u.person is not distinct from p.person
        and u.principal is not distinct from p.principal
        and u.principal_type is not distinct from p.principal_type
        and u.role is not distinct from p.role
        and u.credential is not distinct from p.credential
        and u.app is not distinct from p.app
)
select u.g, c.day, count(*) as calls, min(u.at_us) as first_us, max(u.at_us) as last_us, list_sort(min(u.eid, 10000)) as eids
from used u
asof join closed c on c.k = u.k and u.at_us >= c.f
where u.at_us < c.t
group by u.g, c.day
having count(*) >= $calls
order by u.g, c.day
