-- Duplicates by native id: events of the same format with the same native id.
-- Those that say the same as the survivor are duplicates, the others are
-- conflicts. The survivor is the smallest (evidence SHA-256, record, part),
-- whatever the load order. $first is the first event of this load.
create or replace temp table repeated as
with candidate as (
    select i.h, i.eid
    from identifier_index i
    where i.kind = 'event'
        and i.h in (select h from identifier_index where kind = 'event' and eid >= $first) -- when extending
)
select h from candidate group by h having count(*) > 1;

create or replace temp table same_id as
select
    e.format, e.native_id,
    e.segment * 268435456 + e.row as eid,
    i.evidence_id, e.record, e.part,
    hash(
        e.ts, e.operation, e.outcome, e.error_code, e.error_message, e.principal, e.credential_id, e.src_ip, e.user_agent,
        e.model, e.region, e.tenant, e.request_id, e.session_id, e.destination, e.issued_credential_id,
        e.input_tokens, e.output_tokens, e.system_prompt_hash, e.prompt_hash, e.response_hash
    ) as content
from identifier_index x
semi join repeated r on r.h = x.h
join read_parquet({{all_events}}) e on e.segment * 268435456 + e.row = x.eid
join evidence i on i.evidence = e.evidence
where x.kind = 'event';

create or replace temp table judged as
select
    eid,
    first_value(eid) over (partition by format, native_id order by evidence_id, record, part) as of_eid,
    content = first_value(content) over (partition by format, native_id order by evidence_id, record, part) as same
from same_id;

delete from duplicate where eid in (select eid from judged);
delete from conflict where eid in (select eid from judged);
insert into duplicate select eid, of_eid from judged where eid <> of_eid and same order by 1;
insert into conflict select eid, of_eid from judged where eid <> of_eid and not same order by 1;
