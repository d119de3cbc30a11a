-- The events of what was asked and is against the policy, by group and day: g is
-- the group of a number n. Those within the spans of an approval are only counted.
with hit as (
    select x.n as n, x.g as g, x.whole as whole, x.spans as spans
    from (select unnest(from_json($hits, '[{"n":"BIGINT","g":"BIGINT","whole":"BOOLEAN","spans":[{"f":"BIGINT","t":"BIGINT"}]}]')) as x)
),
used as (
    select
        h.g, h.n, case when h.whole then 0 else u.at_us // 86400000000 end as day, u.eid, u.at_us, u.outcome,
        len(coalesce(list_filter(h.spans, lambda s: s.f <= u.at_us and u.at_us < s.t), [])) > 0 as approved
    from hit h
    join policy_asked p on p.n = h.n
    join policy_use u on u.actor is not distinct from p.actor
        and u.person is not distinct from p.person
        and u.principal is not distinct from p.principal
        and u.principal_type is not distinct from p.principal_type
        and u.role is not distinct from p.role
        and u.credential is not distinct from p.credential
        and u.app is not distinct from p.app
        and u.a is not distinct from p.a
        and u.b is not distinct from p.b
        and u.c is not distinct from p.c
),
-- Few combinations have many events each, so that they are counted first.
counted as (
    select
        g, n, day,
        count(*) filter (approved) as approved,
        count(*) filter (not approved) as uses,
        count(*) filter (not approved and outcome = 'success') as through,
        count(*) filter (not approved and outcome = 'unknown') as unknown,
        min(at_us) filter (not approved) as first_us,
        max(at_us) filter (not approved) as last_us,
        -- min(eid, 10000) would hold room for so many in every group.
        list_sort(list(eid) filter (not approved))[:10000] as eids
    from used
    group by g, n, day
)
select
    c.g, c.day,
    sum(c.approved)::bigint as approved,
    sum(c.uses)::bigint as uses,
    sum(c.through)::bigint as through,
    sum(c.unknown)::bigint as unknown,
    coalesce(min(c.first_us), 0) as first_us,
    coalesce(max(c.last_us), 0) as last_us,
    count(distinct p.actor) filter (c.uses > 0) as actors,
    coalesce(min(p.actor::varchar) filter (c.uses > 0), '') as actor,
    coalesce(list(c.n order by c.n) filter (c.uses > 0), []) as numbers,
    coalesce(list_sort(flatten(list(c.eids) filter (c.uses > 0))), [])[:10000] as eids
from counted c
join policy_asked p on p.n = c.n
group by c.g, c.day
order by c.g, c.day
