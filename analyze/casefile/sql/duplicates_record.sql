-- Duplicates by record: for events without a native id, equal records in
-- different evidence are matched as multisets, so that forty equal lines of
-- one evidence stay forty. Records that could not be parsed are never
-- duplicates: two truncated files must not hide each other.
create or replace temp table repeated as
select h
from hash_index
where kind = 'record'
    and h in (select h from hash_index where kind = 'record' and eid >= $first) -- when extending
group by h
having count(*) > 1;

create or replace temp table candidate as
select x.eid, e.evidence, e.record, e.part, e.record_sha256, e.format
from (
    select i.eid, i.eid // 268435456 as segment, i.eid % 268435456 as row
    from hash_index i
    semi join repeated r on r.h = i.h
    where i.kind = 'record'
) x
join read_parquet({{all_events}}) e on e.segment = x.segment and e.row = x.row;

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
