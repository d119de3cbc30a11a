-- What other sources show during a silence: calls that the silent source shows
-- at another time, and those that it does not show.
select b.bit, count(*) filter ((w.mask >> $bit) & 1 = 1), count(*) filter ((w.mask >> $bit) & 1 = 0)
from sight s
join saw w on w.call = s.call
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
where s.ts >= make_timestamptz($from) and s.ts < make_timestamptz($to) and b.bit <> $bit
group by b.bit
order by b.bit
