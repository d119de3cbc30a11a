-- How long the responses of an actor were in an hour: logarithms in 1e-6 of the
-- tokens and one more.
select
    actor::varchar as subject, actor::varchar as actor, at_us // 3600000000 as piece, count(*) as n,
    sum(round(ln(1 + greatest(output_tokens, 0)) * 1000000)::bigint)::bigint as logs
from call
where actor is not null and output_tokens is not null and outcome = 'success'
group by actor, at_us // 3600000000
order by subject, piece;
