-- What providers say was used: a line for each total, with the kind of call that
-- it counts; NULL where it counts something else. Embeddings and completions
-- are the totals of OpenAI, messages those of Anthropic; what a map reads counts
-- inferences.
create or replace temp table usage_line as
select
    e.evidence_id || ' ' || coalesce(e.operation, '') as report, e.event_id, lower(coalesce(e.provider, '')) as provider, coalesce(e.operation, '') as operation,
    case
        when e.ts is null or e.ts_end is null or e.ts_end <= e.ts or e.provider is null then null
        when starts_with(e.operation, 'organization.usage.completions') or e.operation = 'usage_report/messages' then 'inference'
        when starts_with(e.operation, 'organization.usage.embeddings') then 'embedding'
        when e.format not in ('openai-usage', 'anthropic-usage') then 'inference'
    end as kind,
    epoch_us(e.ts) as begins, epoch_us(e.ts_end) as ends,
    coalesce(e.model, '') as model, coalesce(e.tenant, '') as tenant, coalesce(e.credential_id, '') as credential_id, coalesce(e.principal, '') as principal,
    e.request_count as requests, e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens
from events e
where e.kind = 'usage';
