-- The units of the events of findings.
insert into pivot_found
select distinct f.finding, u.unit
from (select unnest($finding::bigint[]) as finding, unnest($event::varchar[]) as event_id) f
join (select event_id, eid from events_all) e on e.event_id = f.event_id
join pivot_unit u on u.eid = e.eid
