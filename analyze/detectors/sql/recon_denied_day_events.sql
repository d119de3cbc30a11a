-- The refusals of a day, of models that answered the actor on fewer than two days
-- before.
select eid, operation::varchar, coalesce(model, '')::varchar as model, at_us
from call
where actor = $actor and at_us >= $from and at_us < $to and outcome = 'denied'
    and model not in (
        select model from call
        where actor = $actor and at_us < $from and outcome = 'success' and model is not null
        group by model
        having count(distinct at_us // 86400000000) >= 2
    )
order by at_us, eid
limit 10000
