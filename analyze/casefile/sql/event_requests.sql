-- The request ids of named events.
select e.event_id, e.request_id
from events_all e
join asked_event a on a.event_id = e.event_id
where e.request_id <> ''
order by e.event_id
