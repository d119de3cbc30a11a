-- What each subject did in five minutes. A sum is NULL where no call of the row
-- says the number; the count beside it says how many do.
create or replace temp table feature_five as
with subject as (
    select 'actor' as dimension, actor as subject, * from call where actor is not null
    union all select 'principal', principal, * from call where principal is not null
    union all select 'credential', credential, * from call where credential is not null
    union all select 'model', model, * from call where model is not null
    union all select 'app', app, * from call where app is not null
    union all select 'session', session, * from call where session is not null
)
select
    dimension, subject, at_us // 300000000 * 300000000 as at_us,
    count(*) as calls,
    count(*) filter (outcome = 'error') as errors,
    count(*) filter (outcome = 'denied') as denied,
    count(*) filter (outcome = 'throttled') as throttled,
    count(*) filter (outcome = 'blocked') as blocked,
    count(input_tokens) as with_input_tokens, sum(input_tokens)::bigint as input_tokens,
    count(output_tokens) as with_output_tokens, sum(output_tokens)::bigint as output_tokens,
    count(cost_usd) as with_cost, sum(cost_usd) as cost_usd,
    count(bytes_out) as with_bytes_out, sum(bytes_out)::bigint as bytes_out
from subject
group by dimension, subject, at_us // 300000000;
