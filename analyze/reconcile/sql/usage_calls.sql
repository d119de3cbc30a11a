-- The calls of these providers that may have been counted: those that were not
-- refused, with whether they were surely done. Tokens that are no number of this
-- world are left out, so that sums fit.
create or replace temp table usage_call as
select
    c.event_id, lower(c.provider) as provider, c.kind, epoch_us(c.ts) as moment, coalesce(c.model, '') as model, coalesce(c.model_response, '') as model_response,
    coalesce(c.tenant, '') as tenant, coalesce(c.credential_id, '') as credential_id, coalesce(c.principal, '') as principal,
    coalesce(c.outcome, 'success') in ('success', 'blocked') as done,
    case when c.input_tokens between 0 and 1000000000 then c.input_tokens end as input_tokens,
    case when c.output_tokens between 0 and 1000000000 then c.output_tokens end as output_tokens,
    case when c.cache_read_tokens between 0 and 1000000000 then c.cache_read_tokens else 0 end
        + case when c.cache_write_tokens between 0 and 1000000000 then c.cache_write_tokens else 0 end as cached
from calls c
where c.kind in ('inference', 'embedding') and coalesce(c.outcome, 'success') not in ('denied', 'throttled')
    and lower(c.provider) in (select provider from usage_line where kind is not null);
