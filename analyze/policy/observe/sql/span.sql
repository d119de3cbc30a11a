select
    coalesce(sum(calls), 0)::bigint,
    epoch_us(min(first)),
    epoch_us(max(last))
from policy_call;
