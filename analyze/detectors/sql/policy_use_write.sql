-- What a policy says of files: the first argument of a tool that is named as a
-- path or file.
create or replace temp table policy_write as
with written as (
    select distinct eid, tool, regexp_extract(arguments, '(?i)"[^"\\]*(?:path|file)[^"\\]*"\s*:\s*("(?:[^"\\]|\\.)+")', 1) as file
    from tool_call
    where contains(lower(arguments), 'path') or contains(lower(arguments), 'file')
)
select
    c.eid, c.at_us, c.actor, c.person, c.principal, c.principal_type, c.role, c.credential, c.app, c.outcome,
    json_extract_string(t.file, '$') as a, null::varchar as b, t.tool as c
from written t
join call c on c.eid = t.eid
where t.file <> '' and json_valid(t.file);

create or replace temp view policy_use as
select * from policy_write;
