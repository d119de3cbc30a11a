-- Calls with what the events of one more role say, and those that one of them shows.
create or replace temp table call_line_{{name}} as
select {{columns}}
from {{from}} l
full join (
    select e.eid, s.eid as single, {{said}}
    from call_part e
    left join call_single s on s.eid = e.eid
    where {{condition}}
) r on r.eid = l.in_{{name}}
where l.eid is not null or r.single is not null;
