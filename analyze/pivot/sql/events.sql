-- Who is behind each unit: a call, or an event that is none. Of the logs that
-- show a call the one that knows best says it, because logs name one person
-- differently.
create or replace temp table pivot_unit as
select e.eid, coalesce(c.call, e.eid) as unit, coalesce(c.who, 0) as rank, e.who
from (select eid, coalesce(person, principal) as who from events) e
left join call_event c on c.eid = e.eid;

create or replace temp table pivot_person as
select who, row_number() over (order by who) as person
from (select distinct who from pivot_unit where who is not null);

create or replace temp table pivot_who as
select u.unit, case when count(*) = 1 then any_value(p.person) else arg_min(p.person, {'rank': u.rank, 'eid': u.eid}) end as person
from pivot_unit u
join pivot_person p on p.who = u.who
group by u.unit;

create or replace temp table pivot_found (finding bigint, unit bigint);
create or replace temp table pivot_start (unit bigint);
create or replace temp table pivot_value (
    kind integer, value varchar, units bigint, events bigint, people bigint, failed bigint, first timestamptz, last timestamptz,
    found bigint, finding bigint, started bigint
)
