-- The columns in which the events of a merged call differ.
select coalesce(m.disagreements, '')
from call_event e
join merged_call m on m.call = e.call
where e.eid = $eid
