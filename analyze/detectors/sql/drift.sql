-- How long the answers of each application, or actor without one, were and how long they took
-- for each token, in bins, in six hours, in order.
with one as (
    select
        coalesce('application ' || app::varchar, 'actor ' || actor::varchar) as subject, at_us // 21600000000 * 21600000000 as at_us,
        output_tokens, latency_us
    from call
    where kind = 'inference' and outcome = 'success' and (app is not null or actor is not null)
)
select subject, 'length' as measure, at_us, round(10 * ln(greatest(output_tokens, 1)))::bigint as bin, count(*) as n
from one
where output_tokens is not null
group by all
union all
select subject, 'time', at_us, round(10 * ln(greatest(latency_us // greatest(output_tokens, 1), 1)))::bigint, count(*)
from one
where output_tokens is not null and latency_us is not null
group by all
order by subject, measure, at_us, bin
