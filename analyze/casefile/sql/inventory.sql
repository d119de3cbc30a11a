-- Calls by model, principal, access path and client. Every call counts once,
-- however many events show it.
select
    model, principal, provider, coalesce(endpoint, service) as access_path, client,
    min(ts) as first_ts, max(ts) as last_ts,
    count(*) as calls,
    count(*) filter (outcome = 'success') as success,
    count(*) filter (outcome = 'denied') as denied,
    count(*) filter (outcome in ('error', 'throttled', 'blocked')) as errors,
    count(*) filter (outcome is null or outcome = 'unknown') as unknown,
    sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens
from calls
where (
{{where}}
    )
    and ($from::timestamptz is null or ts >= $from::timestamptz)
    and ($to::timestamptz is null or ts < $to::timestamptz)
group by all
order by calls desc, model nulls last, principal nulls last, provider nulls last, access_path nulls last, client nulls last
