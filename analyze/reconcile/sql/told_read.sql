-- What sources say of common calls, in an order that depends on what they say.
select t.a, t.b, t.a_stratum, t.b_stratum, t.code, hash(t.a, t.b, t.a_stratum, t.b_stratum, t.code), t.calls
from told_pair t
join (select bit, stratum, min(eid) as eid from counted group by bit, stratum) x on x.bit = t.a and x.stratum = t.a_stratum
join (select bit, stratum, min(eid) as eid from counted group by bit, stratum) y on y.bit = t.b and y.stratum = t.b_stratum
order by t.a, t.b, x.eid, y.eid, t.code
limit $limit
