-- Duplicates by native id: events of the same format with the same native id.
-- Those that say the same as the survivor are duplicates, the others are
-- conflicts. The survivor is the smallest (evidence SHA-256, record, part),
-- whatever the load order. $first is the first event of this load.
create or replace temp table same_id as
with new_ids as (
    select distinct h from identifier_index where kind = 'event' and eid >= $first
),
ids as (
    select i.h, i.eid
    from identifier_index i
    semi join new_ids n on n.h = i.h
    where i.kind = 'event'
),
repeated as (
    select h, eid from ids
    qualify count(*) over (partition by h) > 1
)
select
    e.format, e.native_id,
    e.segment * 268435456 + e.row as eid,
    i.evidence_id, e.record, e.part,
    hash(
        e.ts, e.operation, e.outcome, e.error_code, e.error_message, e.principal, e.credential_id, e.src_ip, e.user_agent,
        e.model, e.region, e.tenant, e.request_id, e.session_id, e.destination, e.issued_credential_id,
        e.input_tokens, e.output_tokens, e.system_prompt_hash, e.prompt_hash, e.response_hash
    ) as content
from read_parquet({{all_events}}) e
join repeated r on r.eid = e.segment * 268435456 + e.row
join evidence i on i.evidence = e.evidence;

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

-- Duplicates by record: for events without a native id, equal records in
-- different evidence are matched as multisets, so that forty equal lines of
-- one evidence stay forty.
create or replace temp table same_record as
with new_sums as (
    select distinct record_sha256 from read_parquet({{new_events}}) where native_id is null and kind <> 'unparsed'
),
candidate as (
    select e.segment * 268435456 + e.row as eid, e.evidence, e.record, e.part, e.record_sha256, e.format
    from read_parquet({{all_events}}) e
    semi join new_sums n on n.record_sha256 = e.record_sha256
    where e.native_id is null and e.kind <> 'unparsed'
),
shared as (
    select * from candidate
    qualify min(evidence) over (partition by record_sha256) <> max(evidence) over (partition by record_sha256)
)
select s.eid, s.record_sha256, s.format, s.part, i.evidence_id, s.record,
    row_number() over (partition by s.record_sha256, s.format, s.part, s.evidence order by s.record) as copy
from shared s
join evidence i on i.evidence = s.evidence;

create or replace temp table judged_record as
select eid, first_value(eid) over (partition by record_sha256, format, part, copy order by evidence_id, record) as of_eid
from same_record;

delete from duplicate where eid in (select eid from judged_record);
insert into duplicate select eid, of_eid from judged_record where eid <> of_eid order by 1;
