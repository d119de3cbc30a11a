-- Day by day, how many calls of a model in a region there were, of an actor and of
-- all (whose actor is ''), and which of them waited three times as long or more for
-- their first token as such calls of the actor usually do.
with timed as (
    select eid, actor, model, region, at_us, ttft_us as took
    from call
    where actor is not null and model is not null and ttft_us > 0 and outcome = 'success'
),
usual as (
    select actor, model, region, quantile_disc(took, 0.5) as took from timed group by actor, model, region
),
slow as (
    select t.eid, t.actor::varchar as actor, concat_ws(' in ', t.model, t.region) as place, t.at_us, t.took >= 3 * u.took as slow
    from timed t
    join usual u on u.actor = t.actor and u.model = t.model and u.region is not distinct from t.region
),
numbered as (
    select concat_ws(' on ', actor, place) as subject, actor, actor as caller, at_us, eid, slow,
        row_number() over (partition by actor, place, at_us // 86400000000 order by at_us, eid) as n
    from slow
    union all
    select place as subject, '' as actor, actor as caller, at_us, eid, slow,
        row_number() over (partition by place, at_us // 86400000000 order by at_us, eid) as n
    from slow
)
select
    subject, actor, at_us // 86400000000 as day, count(*) as calls, count(distinct caller) as callers,
    coalesce(list(n order by n) filter (slow), []) as place, coalesce(list(at_us order by n) filter (slow), []) as at,
    coalesce(list(eid order by n) filter (slow), []) as eids, coalesce(list(hash(caller) order by n) filter (slow), []) as who
from numbered
group by subject, actor, at_us // 86400000000
order by subject, actor, day;
