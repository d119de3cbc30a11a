-- The calls in the periods of the totals. A minute around the ends of a period
-- is where a call may count in the next.
with period as (
    select distinct kind, begins, ends, ends - begins as width from usage_line where kind is not null and provider = $provider
),
width as (
    select distinct kind, width from period
),
placed as (
    select c.*, p.begins, p.ends
    from (select c.*, w.width from usage_call c join width w on w.kind = c.kind where c.provider = $provider and c.moment is not null) c
    asof join period p on p.kind = c.kind and p.width = c.width and c.moment >= p.begins
    where c.moment < p.ends
)
select kind, begins, ends, model, model_response,
    case when $tenant then tenant else '' end as tenant, case when $credential then credential_id else '' end as credential_id,
    case when $principal then principal else '' end as principal,
    count(*) filter (done), count(*),
    count(*) filter (moment < begins + 60000000 or moment >= ends - 60000000),
    count(*) filter (done and (input_tokens is null or output_tokens is null)),
    coalesce(sum(input_tokens) filter (done), 0)::bigint, coalesce(sum(output_tokens) filter (done), 0)::bigint,
    coalesce(sum(cached) filter (done), 0)::bigint, coalesce(max(greatest(coalesce(input_tokens, 0) + cached, coalesce(output_tokens, 0))), 0),
    min(event_id) filter (done), max(event_id) filter (done)
from placed
group by all
order by kind, begins, ends, model, model_response, tenant, credential_id, principal
