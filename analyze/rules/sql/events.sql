select e.eid
from events_all e
where
    {{when}}
