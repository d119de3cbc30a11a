-- The calls that each source shows per hour, by the set of sources that show them.
with shown as (
    select s.format, s.plane, w.mask, epoch_us(s.ts) // 3600000000 as hour, count(*) as calls
    from sight s
    join saw w on w.call = s.call
    where s.ts >= '2000-01-01' and s.ts < '2200-01-01'
    group by all
)
select b.bit, x.mask, x.hour, x.calls
from shown x
join seen_by b on b.format = x.format and b.plane is not distinct from x.plane
order by b.bit, x.mask, x.hour
