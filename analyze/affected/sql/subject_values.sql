-- With what and where the subjects met the things, and in how many calls and
-- other events.
with row_of as (
    select distinct s.subject, r.unit, r.person, r.credential_id, r.src_ip, r.app, r.model, r.session_id
    from met_row r
    join subject s on s.principal is not distinct from r.principal and s.subject <= $limit
    where r.thing in (select thing from shown)
)
select subject, name, value, count(*) as units
from (
    select subject, 'person' as name, person as value from row_of
    union all select subject, 'credential', credential_id from row_of
    union all select subject, 'address', src_ip from row_of
    union all select subject, 'app', app from row_of
    union all select subject, 'model', model from row_of
    union all select subject, 'session', session_id from row_of
    union all
    select s.subject, 'source', m.format
    from (select distinct unit, format from met where thing in (select thing from shown)) m
    join (select distinct subject, unit from row_of) s on s.unit = m.unit
    union all
    select s.subject, 'thing', r.thing::varchar
    from met_row r
    join subject s on s.principal is not distinct from r.principal and s.subject <= $limit
    where r.thing in (select thing from shown)
)
where value is not null
group by all
order by subject, name, units desc, value
