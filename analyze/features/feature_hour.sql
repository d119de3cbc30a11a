-- What each subject did in an hour: the sum of its five minutes.
create or replace temp table feature_hour as
select
    dimension, subject, at_us // 3600000000 * 3600000000 as at_us,
    sum(calls)::bigint as calls, sum(tool_calls)::bigint as tool_calls, sum(errors)::bigint as errors, sum(denied)::bigint as denied, sum(throttled)::bigint as throttled,
    sum(blocked)::bigint as blocked,
    sum(with_input_tokens)::bigint as with_input_tokens, sum(input_tokens)::bigint as input_tokens,
    sum(with_output_tokens)::bigint as with_output_tokens, sum(output_tokens)::bigint as output_tokens,
    sum(with_cost)::bigint as with_cost, sum(cost_usd) as cost_usd,
    sum(with_bytes_out)::bigint as with_bytes_out, sum(bytes_out)::bigint as bytes_out
from feature_five
group by dimension, subject, at_us // 3600000000;
