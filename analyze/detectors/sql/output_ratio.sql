-- How long the answers of each actor are for what they answer, in bins, in six
-- hours, in order. The logarithms of tokens out are taken against a line through
-- those of tokens in, whose slope, from 0 to 1 in thousandths, is the actor's own:
-- of some, answers grow with the question. Sums are of whole numbers, which are the
-- same in any order.
with one as (
    select
        actor, at_us // 21600000000 * 21600000000 as at_us,
        round(1000 * ln(greatest(input_tokens, 1)))::bigint as x, round(1000 * ln(greatest(output_tokens, 1)))::bigint as y
    from call
    where actor is not null and kind = 'inference' and outcome = 'success' and input_tokens is not null and output_tokens is not null
),
line as (
    select
        actor,
        case
            when count(*) * sum(x * x) > sum(x) * sum(x)
                then greatest(0, least(1000, (1000 * (count(*) * sum(x * y) - sum(x) * sum(y))) // (count(*) * sum(x * x) - sum(x) * sum(x))))::bigint
            else 0
        end as slope
    from one
    group by actor
)
select o.actor::varchar as subject, 'ratio' as measure, o.at_us, (1000 * o.y - l.slope * o.x) // 100000 as bin, count(*) as n
from one o
join line l on l.actor = o.actor
group by all
order by subject, o.at_us, bin
