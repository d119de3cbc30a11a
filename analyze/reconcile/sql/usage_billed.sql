-- The totals, by report, period and what they are of. A single one that is no
-- number of this world is left out, so that sums fit.
with line as (
    select report, provider, kind, begins, ends, model, event_id,
        case when $tenant then tenant else '' end as tenant, case when $credential then credential_id else '' end as credential_id,
        case when $principal then principal else '' end as principal,
        case when requests between 0 and 1000000000000 then requests end as requests,
        case when input_tokens between 0 and 1000000000000 then input_tokens end as input_tokens,
        case when output_tokens between 0 and 1000000000000 then output_tokens end as output_tokens,
        case when cache_read_tokens between 0 and 1000000000000 then cache_read_tokens else 0 end as cache_read,
        case when cache_write_tokens between 0 and 1000000000000 then cache_write_tokens else 0 end as cache_write
    from usage_line
    where kind is not null and provider = $provider
)
select report, kind, begins, ends, model, tenant, credential_id, principal,
    -- least() alone would make a number of NULL.
    case when sum(requests) is not null then least(sum(requests), 1000000000000000) end::bigint,
    case when sum(input_tokens) is not null then least(sum(input_tokens), 1000000000000000) end::bigint,
    case when sum(output_tokens) is not null then least(sum(output_tokens), 1000000000000000) end::bigint,
    least(sum(cache_read + cache_write), 1000000000000000)::bigint, min(event_id), count(*)
from line
group by all
order by report, kind, begins, ends, model, tenant, credential_id, principal
