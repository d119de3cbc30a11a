select
    coalesce(sum(calls), 0)::bigint,
    min(first_us),
    max(last_us)
from policy_call;
