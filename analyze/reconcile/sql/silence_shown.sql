-- The calls that each source shows per hour, by the set of sources that show them.
select b.bit, w.mask, epoch_us(s.ts) // 3600000000 as hour, count(*)
from sight s
join saw w on w.call = s.call
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
where s.ts >= '2000-01-01' and s.ts < '2200-01-01'
group by all
order by all
