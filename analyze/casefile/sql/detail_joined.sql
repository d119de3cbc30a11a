-- What the chunks of the call that an event is part of say together.
select t.input_messages, t.output_messages
from call_event e
join joined_text t on t.call = e.call
where e.eid = $eid
