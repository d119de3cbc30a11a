-- How many conversations each application, actor without one, and model had in pieces
-- of six hours, and in how many of them something was refused, as the detector of
-- refusals counts them. Of subjects whose calls are mostly logged without an answer
-- nothing is known.
with one as (
    select
        app::varchar as app, case when app is null then actor::varchar end as actor, model::varchar as model,
        at_us // 21600000000 as piece, coalesce(session::varchar, eid::varchar) as talk,
        eid in (select eid from refused_call) as refused,
        outcome = 'blocked' or eid in (select eid from said where response is not null) as told
    from call
    where kind = 'inference' and outcome in ('success', 'blocked') and at_us >= $from and at_us < $to
),
talk as (
    select app, actor, model, piece, talk, bool_or(refused) as refused, bool_or(told) as told
    from one
    group by all
),
named as (
    select piece, refused, told, unnest(['app', 'actor', 'model']) as dimension, unnest([app, actor, model]) as subject
    from talk
)
select
    n.dimension, n.subject, count(*)::bigint as talks, count(*) filter (n.refused)::bigint as refused,
    count(distinct n.piece // 4)::bigint as days, max(n.piece // 4)::bigint as last_day
from named n
semi join baseline_subject s on s.dimension = n.dimension and s.subject = n.subject and s.kept
group by n.dimension, n.subject
having 2 * count(*) filter (n.told) >= count(*)
order by n.dimension, n.subject
