-- Whether no call has events of more than one source, nor more than one event, and at
-- most one source shows calls.
select
    not exists (from call_event)
    and (
        select count(*)
        from (select distinct format, plane from stored_event where kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail'))
    ) <= 1
