-- What an actor looked at within a time that it had not looked at before: requests
-- about models, and its calls of models that it had never called, also by a baseline.
select eid, operation::varchar, coalesce(model, '')::varchar as model, at_us
from (
    select eid, operation, model, at_us
    from call
    where actor = $actor and at_us >= $from and at_us < $to
        and model not in (select model from call where actor = $actor and at_us < $from and model is not null)
        and model not in (select unnest(from_json($known, '["VARCHAR"]')))
    union all
    select eid, operation, model, at_us
    from act
    where actor = $actor and at_us >= $from and at_us < $to and regexp_matches(operation, $operations)
)
order by at_us, eid
limit 10000
