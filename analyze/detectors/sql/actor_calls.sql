-- When each actor called, by day, by what it called with and as what. A moment is when
-- on the day, in microseconds, and the tokens of the input, which the lower 26 bits
-- hold: one more than there were, 0 where it is not known. Numbers in a list are what
-- is dear to read. Those of a row are in no order. It is one of several parts of all
-- actors, for the lists of all calls at once take much memory.
with said as (
    select
        actor, at_us // 86400000000 as day, role, app, principal_type, model, client,
        list(
            (at_us - at_us // 86400000000 * 86400000000) * 67108864
            + coalesce(least(greatest(input_tokens, 0), 67108862) + 1, 0)
        ) as moments
    from call
    where actor is not null and hash(actor) % $parts::ubigint = $part::ubigint
    group by all
)
select
    actor::varchar as actor, day,
    coalesce(role::varchar, '') as role, coalesce(app::varchar, '') as app, coalesce(principal_type::varchar, '') as principal_type,
    coalesce(model::varchar, '') as model, coalesce(client::varchar, '') as client,
    moments
from said
order by actor, day, role, app, principal_type, model, client
