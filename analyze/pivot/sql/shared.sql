-- Values that few people share of whom some have no other value of the column
-- in common.
with held as (
    select distinct {{column}} as value, person
    from pivot_event
    where {{column}} is not null and person is not null
),
few as (
    select value, person from held
    where value in (select value from held group by value having count(*) between 2 and {{few}})
),
pair as (
    select distinct a.value, a.person as one, b.person as other
    from few a
    join few b on b.value = a.value and a.person < b.person
),
common as (
    select p.one, p.other, count(*) as values
    from (select distinct one, other from pair) p
    join held a on a.person = p.one
    join held b on b.person = p.other and b.value = a.value
    group by p.one, p.other
)
select v.value
from (select {{column}} as value, hash({{column}}) as word from events where {{column}} <> '' group by {{column}}) v
where v.word in (
    select p.value
    from pair p
    join common c on c.one = p.one and c.other = p.other
    where c.values = 1
)
order by v.value
