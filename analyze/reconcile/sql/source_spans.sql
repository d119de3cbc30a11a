-- When each source shows calls.
select b.bit, epoch_us(min(s.ts)), epoch_us(max(s.ts))
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
group by b.bit
order by b.bit
