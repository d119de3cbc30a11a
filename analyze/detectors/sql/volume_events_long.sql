-- The events of the calls of an actor in a piece of time that got long answers, as
-- volume_long has them.
with usual as (
    select greatest(3 * quantile_disc(output_tokens, 0.5), 50) as long
    from call
    where actor = $actor and output_tokens > 0 and outcome = 'success'
)
select eid
from call, usual
where actor = $actor and at_us >= $first and at_us < $last and output_tokens >= long and outcome = 'success'
order by at_us, eid;
