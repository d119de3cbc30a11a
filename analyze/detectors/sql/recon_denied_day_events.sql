-- The refusals of models that an actor had never got before.
select eid, operation::varchar, coalesce(model, '')::varchar as model, at_us
from call
where actor = $actor and at_us >= $from and at_us < $to and outcome = 'denied'
    and model not in (select model from call where actor = $actor and at_us < $from and outcome = 'success' and model is not null)
order by at_us, eid
limit 10000
