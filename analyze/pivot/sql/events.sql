-- Who is behind each unit: a call, or an event that is none. Of the logs that
-- show a call the one that knows best says it, because logs name one person
-- differently. People and values are compared only, by their hashes: that costs
-- a third less than to carry them along.
create or replace temp table pivot_unit as
select e.eid, coalesce(c.call, e.eid) as unit, coalesce(c.who, 0) as rank, case when e.who is not null then hash(e.who) end as who
from (select eid, coalesce(person, principal) as who from events) e
left join call_event c on c.eid = e.eid;

create or replace temp table pivot_who as
select unit, case when count(*) = 1 then any_value(who) else arg_min(who, {'rank': rank, 'eid': eid}) end as person
from pivot_unit
where who is not null
group by unit;

create or replace temp table pivot_found (finding bigint, unit bigint);
create or replace temp table pivot_start (unit bigint);
create or replace temp table pivot_value (
    kind integer, value varchar, units bigint, events bigint, people bigint, failed bigint, first timestamptz, last timestamptz,
    found bigint, finding bigint, started bigint
)
