-- The values that each subject used, the most used of each attribute, with how
-- many there are in all.
with pair as (
    select
        dimension, subject, hour, calls,
        unnest(['model', 'network', 'client', 'region', 'operation', 'destination', 'country']) as attribute,
        unnest([model, network, client, region, operation, destination, country]) as value
    from (
        select *, unnest(['actor', 'credential', 'model', 'app']) as dimension, unnest([actor, credential, model, app]) as subject
        from baseline_use
    )
    where subject is not null
    union all
    select dimension, subject, hour, count(*), 'tool_destination', destination
    from (
        select
            at_us // 3600000000 as hour, destination, unnest(['actor', 'app']) as dimension,
            unnest([actor::varchar, case when agent <> actor then agent::varchar end]) as subject
        from tool_destination
        where at_us >= $from and at_us < $to
    )
    where subject is not null
    group by all
    union all
    select 'actor', actor, at_us // 3600000000, count(*), 'looked_at', looked_at
    from (
        select actor, at_us, unnest(['operation ' || operation, 'model ' || model]) as looked_at
        from act
        where at_us >= $from and at_us < $to and operation in (
            select operation
            from (select operation, count(*) as acts from act group by operation)
            where case when acts > 0 then regexp_matches(operation, $operations) end -- as in recon_model_days
        )
    )
    where actor is not null
    group by all
),
counted as (
    select p.dimension, p.subject, p.attribute, p.value, sum(p.calls)::bigint as calls, count(distinct p.hour) as hours, min(p.hour // 24) as first_day, max(p.hour // 24) as last_day
    from pair p
    semi join baseline_subject s on s.dimension = p.dimension and s.subject = p.subject and s.kept
    where p.value is not null and p.attribute <> p.dimension
    group by p.dimension, p.subject, p.attribute, p.value
),
ranked as (
    select
        *,
        row_number() over (partition by dimension, subject, attribute order by calls desc, value) <= $values as kept,
        count(*) over (partition by dimension, subject, attribute) as all_values,
        sum(calls) over (partition by dimension, subject, attribute) as all_calls
    from counted
)
select dimension, subject, attribute, value, calls, hours, first_day, last_day, all_values, all_calls::bigint as all_calls
from ranked
where kept
order by dimension, subject, attribute, value;
