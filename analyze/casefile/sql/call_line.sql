-- Calls with what the events of one more role say.
create or replace temp table call_line_{{name}} as
select {{columns}}
from {{from}} l
left join (
    select eid, {{said}}
    from call_part e
    where {{condition}}
) r on r.eid = l.in_{{name}};
