-- What a policy says of tools: those that a model asked for, and those that a log
-- shows at work.
create or replace temp table policy_tool as
select
    c.eid, c.at_us, c.actor, c.person, c.principal, c.principal_type, c.role, c.credential, c.app, c.outcome,
    t.tool as a, null::varchar as b, null::varchar as c
from (select distinct eid, tool from tool_call where tool <> '') t
join call c on c.eid = t.eid
union all
select eid, at_us, actor, person, principal, principal_type, role, credential, app, outcome, operation, null, null
from call
where kind = 'tool' and operation is not null;

create or replace temp view policy_use as
select * from policy_tool;
