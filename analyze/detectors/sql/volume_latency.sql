-- How many calls of an actor to a model in a region took three times as long or
-- more, in five minutes, as such calls usually do for what they write: by time for
-- each token, as if of 20 more, which stand for what a call takes before.
with timed as (
    select actor, model, region, at_us, latency_us // (20 + greatest(coalesce(output_tokens, 0), 0)) as took
    from call
    where actor is not null and model is not null and latency_us > 0 and outcome = 'success'
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
