-- As what each thing was seen, in the order in which it first was.
select
    m.thing, m.role, min(m.place) as place,
    epoch_us(min(m.ts)) as first,
    arg_min(m.eid, m.place) as first_eid,
    arg_min(coalesce(r.principal, ''), m.place) as first_principal,
    arg_min(m.format, m.place) as first_format,
    count(distinct m.unit) as units
from met m
join met_row r on r.thing = m.thing and r.unit = m.unit
group by m.thing, m.role
order by m.thing, place, m.role
