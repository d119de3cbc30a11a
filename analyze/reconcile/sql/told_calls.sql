-- The calls in which records say what is told by some rows of told_pair.
select t.call, t.a_bit, t.b_bit, t.a_eid, t.b_eid, t.key
from (
    select
        a.call, a.bit as a_bit, b.bit as b_bit, a.eid as a_eid, b.eid as b_eid,
        hash(a.bit, b.bit, a.stratum, b.stratum, told_code(a, b)) as key
    from told a
    join told b on b.call = a.call and b.bit > a.bit
) t
where t.key in (select unnest(from_json($keys, '["UBIGINT"]')))
order by t.call, t.a_bit, t.b_bit
limit $limit
