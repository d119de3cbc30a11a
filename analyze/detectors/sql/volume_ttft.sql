-- How many calls of an actor to a model in a region waited three times as long or
-- more for their first token, in five minutes, as such calls usually do.
with timed as (
    select actor, model, region, at_us, ttft_us as took
    from call
    where actor is not null and model is not null and ttft_us > 0 and outcome = 'success'
),
usual as (
    select actor, model, region, quantile_disc(took, 0.5) as took from timed group by actor, model, region
)
select
    concat_ws(' ', t.actor, 'on', t.model, 'in', t.region) as subject, t.actor::varchar as actor, t.at_us // 300000000 as piece,
    count(*) as n, count(*) filter (t.took >= 3 * u.took) as k, any_value(u.took) as usual
from timed t
join usual u on u.actor = t.actor and u.model = t.model and u.region is not distinct from t.region
group by t.actor, t.model, t.region, t.at_us // 300000000
order by subject, piece;
