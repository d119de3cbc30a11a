-- What was found event by event.
insert into search_hit
select h.term, h.place, h.eid
from search_row h
anti join duplicate d on d.eid = h.eid
