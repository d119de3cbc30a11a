-- When the subjects met the things, in which sessions, and the calls and other
-- events that may follow: of the same principal or session, within the time.
create or replace temp table meeting as
select distinct s.subject, r.unit, r.ts
from met_row r
join subject s on s.principal is not distinct from r.principal and s.subject <= $limit
where r.thing in (select thing from shown) and r.ts is not null;

create or replace temp table subject_session as
select distinct s.subject, r.session_id
from met_row r
join subject s on s.principal is not distinct from r.principal and s.subject <= $limit
where r.thing in (select thing from shown) and r.session_id <> '';

-- The time of a call is that of one of its events, and another may name the
-- principal: clocks differ.
create or replace temp table chosen as
with timely as (
    select distinct coalesce(c.call, e.eid) as unit
    from stored_event e
    left join call_event c on c.eid = e.eid
    anti join duplicate d on d.eid = e.eid
    where e.ts > (select min(ts) from meeting) and e.ts <= (select max(ts) from meeting) + to_microseconds($window)
)
select distinct coalesce(c.call, e.eid) as unit
from stored_event e
left join call_event c on c.eid = e.eid
semi join timely t on t.unit = coalesce(c.call, e.eid)
where e.principal in (select principal from subject where subject <= $limit) or e.session_id in (select session_id from subject_session);
