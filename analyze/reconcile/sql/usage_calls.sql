-- The calls of these providers that may have been counted: those that were not
-- refused, with whether they were surely done. Of the events of a call that name
-- the provider so the one with tokens is taken, of the contents before others.
-- Tokens that are no number of this world are left out, so that sums fit.
create or replace temp table usage_event as
select arg_min(s.eid, {
    'silent': e.input_tokens is null or e.output_tokens is null, 'plane': case plane when 'content' then 1 when 'agent' then 2 else 3 end, 'event': event_id
}) as eid
from sight s
join (
    select eid, event_id, input_tokens, output_tokens from events_all
    where kind in ('inference', 'embedding') and lower(provider) in (select provider from usage_line where kind is not null)
) e on e.eid = s.eid
group by call;

create or replace temp table usage_call as
select
    c.event_id, lower(c.provider) as provider, c.kind, epoch_us(c.ts) as moment, coalesce(c.model, '') as model, coalesce(c.model_response, '') as model_response,
    coalesce(c.tenant, '') as tenant, coalesce(c.credential_id, '') as credential_id, coalesce(c.principal, '') as principal,
    coalesce(c.outcome, 'success') in ('success', 'blocked') as done,
    case when c.input_tokens between 0 and 1000000000 then c.input_tokens end as input_tokens,
    case when c.output_tokens between 0 and 1000000000 then c.output_tokens end as output_tokens,
    case when c.cache_read_tokens between 0 and 1000000000 then c.cache_read_tokens else 0 end
        + case when c.cache_write_tokens between 0 and 1000000000 then c.cache_write_tokens else 0 end as cached
from events_all c
semi join usage_event u on u.eid = c.eid
where coalesce(c.outcome, 'success') not in ('denied', 'throttled');

drop table usage_event;
