-- The models that most calls of an application, or actor, went to before a time, and in the span
-- from it.
select
    coalesce(arg_max(model, (before, model)), ''), coalesce(arg_max(model, (during, model)), '')
from (
    select coalesce(model_response, model)::varchar as model, count(*) filter (at_us < $from) as before, count(*) filter (at_us >= $from) as during
    from call
    where kind = 'inference' and at_us < $to and (model is not null or model_response is not null)
        and coalesce('application ' || app::varchar, 'actor ' || actor::varchar) = $subject
    group by all
)
