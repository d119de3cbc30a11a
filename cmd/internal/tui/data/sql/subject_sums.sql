-- What a subject did, by hour and by all that is told of it. A call counts once,
-- however many events show it: of its events the first value of each column counts,
-- and the most that one of them says of a number.
with part as (
    select
        coalesce(c.call, e.eid) as unit, e.eid, e.ts, e.kind, e.outcome, e.operation,
        coalesce(e.model, e.model_response) as model, e.src_ip, e.src_country, e.client, e.region, e.destination, e.credential_id, e.principal,
        e.end_user, e.app, e.input_tokens, e.output_tokens, e.cost_usd
    from events e
    left join call_event c on c.eid = e.eid
    where {{where}}
),
unit as (
    select
        min(ts) as ts, min(eid) as eid,
        bool_or(kind in ('inference', 'embedding')) as called,
        coalesce(min(outcome) filter (outcome not in ('success', 'unknown')), min(outcome)) as outcome,
        min(operation) as operation, min(model) as model, min(src_ip) as src_ip, min(src_country) as src_country, min(client) as client,
        min(region) as region, min(destination) as destination, min(credential_id) as credential_id, min(principal) as principal,
        min(end_user) as end_user, min(app) as app,
        max(input_tokens) as input_tokens, max(output_tokens) as output_tokens, max(cost_usd) as cost_usd
    from part
    group by unit
)
select
    epoch_us(time_bucket(interval 1 hour, ts)) as hour, called, outcome, operation, model, src_ip, src_country, client, region, destination,
    credential_id, principal, end_user, app,
    count(*), sum(input_tokens)::bigint, sum(output_tokens)::bigint, (sum(cost_usd) * 1000000000)::bigint,
    epoch_us(min(ts)), epoch_us(max(ts)), min(eid)
from unit
group by all
order by all
