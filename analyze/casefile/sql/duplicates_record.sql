-- Duplicates by record: for events without a native id, equal records in
-- different evidence are matched as multisets, so that forty equal lines of
-- one evidence stay forty. Records that could not be parsed are never
-- duplicates: two truncated files must not hide each other.
create or replace temp table candidate as
select e.segment * 268435456 + e.row as eid, e.evidence, e.record, e.part, e.record_sha256, e.format
from read_parquet({{all_events}}) e
where e.native_id is null and e.kind <> 'unparsed'
    and e.record_sha256 in (select record_sha256 from read_parquet({{new_events}}) where native_id is null and kind <> 'unparsed') -- when extending
;

create or replace temp table shared as
select record_sha256 from candidate group by record_sha256 having min(evidence) <> max(evidence);

create or replace temp table judged as
with same as (
    select s.eid, s.record_sha256, s.format, s.part, i.evidence_id, s.record,
        row_number() over (partition by s.record_sha256, s.format, s.part, s.evidence order by s.record) as copy
    from candidate s
    semi join shared h on h.record_sha256 = s.record_sha256
    join evidence i on i.evidence = s.evidence
)
select eid, first_value(eid) over (partition by record_sha256, format, part, copy order by evidence_id, record) as of_eid
from same;

delete from duplicate where eid in (select eid from judged);
insert into duplicate select eid, of_eid from judged where eid <> of_eid order by 1;
drop table candidate;
