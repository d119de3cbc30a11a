-- Records that repeat another are left out; the check repeated tells them.
-- How the times of records go on from one to the next, per evidence in the order
-- in which it was written: how many steps there are, how many go back and how
-- many forward, and the largest of both. A step back counts as large as a call
-- that took its time does not explain it: some logs write a call when it ends
-- with the time when it began.
--
-- The window carries numbers only, and so the hash of the evidence: texts make
-- it take twice as long.
with line as (
    select
        hash(evidence_id) as evidence, eid, epoch_us(ts) as ts,
        case when latency_us between 0 and 604800000000 then latency_us else 0 end as latency
    from events_all e
    anti join copied d on d.eid = e.eid
    where ts >= '2000-01-01' and ts < '2200-01-01'
),
step as (
    select
        evidence, latency,
        ts - lag(ts) over w as step,
        evidence = lag(evidence) over w as same
    from line
    window w as (order by eid)
),
summary as (
    select
        evidence, count(*) as steps, count_if(step < 0) as back, count_if(step > 0) as forward,
        max(-step - latency, 6) filter (where step + latency < 0) as farthest_back,
        max(step, 6) filter (where step > 0) as farthest_on
    from step
    where same
    group by evidence
)
select
    i.evidence_id, s.steps, s.back, s.forward,
    coalesce(array_to_string(list_reverse_sort(s.farthest_back), ','), ''),
    coalesce(array_to_string(list_reverse_sort(s.farthest_on), ','), '')
from summary s
join (select distinct evidence_id from evidence) i on hash(i.evidence_id) = s.evidence
order by i.evidence_id
