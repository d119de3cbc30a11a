-- The events that a query selects, in order, with the size of their records.
-- Nothing else: what is sorted must be narrow to fit into memory.
{{with}}
select e.eid, e.byte_length
from {{view}} e
join (
    select evidence_id, row_number() over (order by evidence_id) as place
    from evidence
    where evidence is not null
) v on v.evidence_id = e.evidence_id
where ($from::timestamptz is null or e.ts >= $from::timestamptz)
    and ($to::timestamptz is null or e.ts < $to::timestamptz)
    {{conditions}}
order by case when {{by_time}} then e.ts end nulls last, v.place, e.record, e.part
limit {{limit}}
