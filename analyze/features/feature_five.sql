-- What each subject did in five minutes. A sum is NULL where no call of the row
-- says the number; the count beside it says how many do.
create or replace temp table feature_five as
select
    'actor' as dimension, actor::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where actor is not null
group by actor, at_us // 300000000
union all
select
    'person' as dimension, person::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where person is not null
group by person, at_us // 300000000
union all
select
    'principal' as dimension, principal::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where principal is not null
group by principal, at_us // 300000000
union all
select
    'credential' as dimension, credential::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where credential is not null
group by credential, at_us // 300000000
union all
select
    'model' as dimension, model::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where model is not null
group by model, at_us // 300000000
union all
select
    'app' as dimension, app::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where app is not null
group by app, at_us // 300000000
union all
select
    'session' as dimension, session::varchar as subject, at_us // 300000000 * 300000000 as at_us,
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
where session is not null
group by session, at_us // 300000000;
