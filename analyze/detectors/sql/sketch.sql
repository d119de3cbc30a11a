-- Keys of what was asked, those that several texts share. Texts that share one are nearly
-- equal. Of too many texts one of every few is looked at, chosen by its hash.
create or replace temp table sketch as
with chosen as (
    select * from text_sketch
    where ('0x' || left(hex(hash), 16))::ubigint % (select count(distinct prompt) // $most + 1 from said) = 0
),
every as (
    select hash, unnest([key0, key1, key2, key3, key4, key5, key6, key7]) as bits from chosen
)
select hash, (case when bits < 0 then bits::hugeint + 18446744073709551616 else bits end)::ubigint as key
from every
where bits in (select bits from every group by bits having count(*) >= $least)
order by key, hash
