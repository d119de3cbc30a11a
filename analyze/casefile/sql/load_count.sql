-- What the segments of one load show, per format and, with a NULL format, in
-- all. $first and $last bound the load's events. A duplicate within the load
-- shows its call once; events that other loads show too are counted as
-- duplicates whichever of them is the one kept.
with loaded as (
    select segment * 268435456 + row as eid, format, kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') as is_call
    from read_parquet({{events}})
),
repeated as (
    select eid from duplicate where eid between $first and $last
    union
    select of_eid from duplicate where of_eid between $first and $last and eid not between $first and $last
)
select
    l.format,
    count(*) filter (where l.is_call and c.eid is null and d.eid is null) + count(distinct c.call),
    count(distinct c.call),
    count(r.eid),
    count(x.eid)
from loaded l
left join call_event c on c.eid = l.eid
left join duplicate d on d.eid = l.eid and d.of_eid between $first and $last
left join repeated r on r.eid = l.eid
left join (select distinct eid from conflict) x on x.eid = l.eid
group by rollup (l.format)
order by l.format nulls last;
