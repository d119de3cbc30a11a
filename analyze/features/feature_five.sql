-- What each subject did in five minutes. A sum is NULL where no call of the row
-- says the number; the count beside it says how many do.
create or replace temp table feature_five as
{{each dimension of actor, person, principal, credential, model, app, session}}
select
    '{{dimension}}' as dimension, {{dimension}}::varchar as subject, at_us // 300000000 * 300000000 as at_us,
    count(*) as calls,
    count(*) filter (kind = 'tool') as tool_calls,
    count(*) filter (outcome = 'error') as errors,
    count(*) filter (outcome = 'denied') as denied,
    count(*) filter (outcome = 'throttled') as throttled,
    count(*) filter (outcome = 'blocked') as blocked,
    count(input_tokens) as with_input_tokens, sum(input_tokens)::bigint as input_tokens,
    count(output_tokens) as with_output_tokens, sum(output_tokens)::bigint as output_tokens,
    count(cost_usd) as with_cost, sum(cost_usd) as cost_usd,
    count(bytes_out) as with_bytes_out, sum(bytes_out)::bigint as bytes_out
from call
where {{dimension}} is not null
group by {{dimension}}, at_us // 300000000
