-- Of what followed, the first of each kind that tells most.
with listed as (
    select subject, name, list(value) as list
    from known
    group by subject, name
),
kind as (
    select f.*, u.why
    from followed f
    left join listed a on a.subject = f.subject and a.name = 'address'
    left join listed m on m.subject = f.subject and m.name = 'model',
    unnest([
        case when f.issued is not null then '1 issued a credential' end,
        case when f.trouble = 4 then '2 blocked' end,
        case when f.trouble = 3 then '3 denied' end,
        case when not list_contains(a.list, f.src_ip) then '4 new address' end,
        case when not list_contains(m.list, f.model) then '5 new model' end,
        case when f.destination is not null then '6 reached a destination' end,
        case when f.tool then '7 used a tool' end,
        case when f.trouble in (1, 2) then '8 failed' end,
        '9 next'
    ]) as u(why)
    where u.why is not null
),
placed as (
    select k.*, e.ts as event_ts, e.ts_precision, i.evidence_id, e.record, e.part
    from kind k
    join stored_event e on e.segment = k.eid // 268435456 and e.row = k.eid % 268435456
    join evidence i on i.evidence = e.evidence
)
select subject, why[3:], eid, epoch_us(ts), operation, error_code, model, src_ip, issued, destination, count(*) over (partition by subject, why) as units
from placed
qualify row_number() over (partition by subject, why order by ts, evidence_id, record, part) = 1
order by subject, why
