-- How many conversations each application, or actor without one, and each model had
-- in six hours, and in how many of them something was refused, in order. A call
-- without a conversation is one of its own.
with one as (
    select
        coalesce('application ' || app::varchar, 'actor ' || actor::varchar) as who, 'model ' || model::varchar as model,
        at_us // 21600000000 * 21600000000 as at_us, coalesce(session::varchar, eid::varchar) as talk, eid in (select eid from refused_call) as refused
    from call
    where kind = 'inference' and outcome in ('success', 'blocked')
),
talk as (
    select who, model, at_us, talk, bool_or(refused) as refused from one group by who, model, at_us, talk
)
select subject, at_us, sum(talks)::bigint, sum(refused)::bigint, max(refused)::bigint
from (
    select who as subject, at_us, count(*) as talks, count(*) filter (refused) as refused from talk where who is not null group by who, at_us
    union all
    select model, at_us, count(*), count(*) filter (refused) from talk where model is not null group by model, at_us, who
)
group by subject, at_us
order by subject, at_us
