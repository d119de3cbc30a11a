-- What sources say of when a shared call was. About $calls calls are read,
-- chosen by their hash, and of each set of sources equally many, so that rare
-- pairs are seen too. The divisor is unsigned as hashes are: otherwise DuckDB
-- divides numbers of 128 bits, which takes ten times as long.
with shared as (
    select mask, count(*) as calls from saw where bit_count(mask) > 1 group by mask
),
share as (
    select mask, greatest(1, calls // greatest(200, $calls // (select count(*) from shared)))::ubigint as one_in from shared
),
chosen as (
    select w.call from saw w join share h on h.mask = w.mask where hash(w.call) % h.one_in = 0
)
select s.call, b.bit, epoch_us(s.ts), coalesce(s.ts_precision, ''), coalesce(s.latency_us, -1), coalesce(s.ttft_us, -1)
from chosen c
join sight s on s.call = c.call
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
where s.ts >= '2000-01-01' and s.ts < '2200-01-01' -- other times are no clock's; info names them
order by s.call, b.bit, s.eid
