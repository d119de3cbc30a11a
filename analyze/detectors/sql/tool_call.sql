-- The tool calls that models asked for, one row each. Of the events that show a
-- call the first with tool calls counts, for each shows them all. The arguments
-- are kept where they name a place: a host, a mail address, a bucket, a path.
create or replace temp table tool_event as
select min(e.eid) as of_eid, coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other, m.call, e.eid) as eid
from (select eid from stored_event where tool_calls is not null) e
left join call_event v on v.eid = e.eid
left join joined_call j on j.call = v.call
left join merged_call m on m.call = v.call
anti join duplicate d on d.eid = e.eid
group by 2;

create or replace temp table tool_call as
with asked as (
    select t.eid, unnest(from_json(e.tool_calls, '[{"id":"VARCHAR","name":"VARCHAR","arguments":"JSON"}]')) as asked
    from (select eid, tool_calls from stored_event where tool_calls is not null) e
    join tool_event t on t.of_eid = e.eid
),
said as (
    select eid, asked.id as id, asked.name as tool,
        -- Arguments that are a text of their own are JSON in JSON.
        case when json_type(asked.arguments) = 'VARCHAR' then asked.arguments ->> '$' else asked.arguments::varchar end as arguments
    from asked
)
select s.eid, c.at_us, c.actor, c.session, c.model, coalesce(c.app, c.actor) as agent, s.id, s.tool, length(s.arguments) as size,
    case when regexp_matches(s.arguments, '[/@\\]|--|=') then s.arguments end as arguments
from said s
join (select eid, at_us, actor, session, model, app from call) c on c.eid = s.eid;

create or replace temp table tool_destination as
with named as (
    select *, unnest(list_concat(
        regexp_extract_all(arguments, '(?i)\b(?:https?|ftps?|wss?|sftp|ssh|s3|gs|abfss?)://(?:[^/@\s"\\]*@)?([a-z0-9][a-z0-9._-]*)', 1),
        regexp_extract_all(arguments, '(?i)"(?:to|cc|bcc|recipients?|e?-?mail|address)"\s*:\s*(?:\[\s*)?"[^"@]*@([a-z0-9][a-z0-9.-]*\.[a-z]{2,})', 1)
    )) as host
    from tool_call
    where contains(arguments, '://') or contains(arguments, '@')
)
select distinct eid, at_us, actor, agent, session, tool, lower(host) as destination, size
from named
where host <> '';
