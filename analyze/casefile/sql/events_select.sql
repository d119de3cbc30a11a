{{with}}
select {{columns}}
from {{view}} e
where ($from::timestamptz is null or e.ts >= $from::timestamptz)
    and ($to::timestamptz is null or e.ts < $to::timestamptz)
    {{conditions}}
order by case when {{by_time}} then e.ts end nulls last, e.evidence_id, e.record, e.part
limit {{limit}}
