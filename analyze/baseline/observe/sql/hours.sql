-- What each subject did in each hour with calls. What no call of the hour says is
-- NULL.
with named as (
    select
        hour, calls, tokens, output_tokens, cost,
        unnest(['actor', 'credential', 'model', 'app']) as dimension,
        unnest([actor, credential, model, app]) as subject
    from baseline_use
)
select
    n.dimension, n.subject, n.hour,
    sum(n.calls)::bigint as calls, sum(n.tokens)::bigint as tokens, sum(n.output_tokens)::bigint as output_tokens, sum(n.cost)::bigint as cost
from named n
semi join baseline_subject s on s.dimension = n.dimension and s.subject = n.subject and s.kept
group by n.dimension, n.subject, n.hour
order by n.dimension, n.subject, n.hour;
