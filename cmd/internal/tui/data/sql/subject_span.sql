-- From when to when the case has events, and how many.
select epoch_us(min(ts)), epoch_us(max(ts)), coalesce(sum(events), 0)::bigint from minute
