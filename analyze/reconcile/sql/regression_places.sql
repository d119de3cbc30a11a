-- Where times go back by more than is usual for their evidence. The lists name
-- the evidences, the size from which on, and 1 where times ascend or -1 where the
-- evidence is written newest first, so that going back is going forward.
with wanted as (
    select
        unnest(string_split($evidences, ',')) as evidence_id,
        unnest(string_split($sizes, ','))::bigint as size,
        unnest(string_split($directions, ','))::bigint as direction
),
line as (
    select
        hash(evidence_id) as evidence, eid, epoch_us(ts) as ts,
        case when latency_us between 0 and 604800000000 then latency_us else 0 end as latency
    from events_all e
    anti join copied d on d.eid = e.eid
    where ts >= '2000-01-01' and ts < '2200-01-01'
),
step as (
    select
        evidence, eid, ts, latency,
        lag(eid) over w as before,
        lag(ts) over w as before_ts,
        evidence = lag(evidence) over w as same
    from line
    window w as (order by eid)
)
select w.evidence_id, s.before, s.eid, s.before_ts, s.ts
from step s
join wanted w on hash(w.evidence_id) = s.evidence
where s.same and w.direction * (s.before_ts - s.ts) - case when w.direction > 0 then s.latency else 0 end >= w.size
order by w.evidence_id, s.eid
