-- The calls of an actor on a day, for novelty.go to choose from.
select eid, at_us, coalesce(model::varchar, '') as model, coalesce(client::varchar, '') as client
from call
where actor = $actor and at_us >= $from and at_us < $to
order by at_us, eid
