-- The messages that name the one before them, and whether that is in the case.
-- The first line of a session, and of a sub-agent within it, continues one that
-- may be in another file. Lines that are no messages, such as summaries, name
-- what they are about.
create or replace temp table hole_message as
with line as (
    select format, evidence_id, record, eid, ts, kind, session_id, message_id, parent_message_id,
        regexp_extract(coalesce(other_ids, ''), '"kind":"agent_id","value":"([^"]*)"', 1) as agent
    from events
    where message_id is not null
),
began as (
    select evidence_id, session_id, agent, min(record) as record from line group by all
)
select l.format, l.session_id, l.evidence_id, l.record, l.eid, l.ts, l.parent_message_id as parent, p.id is not null as there
from line l
join began b
    on b.evidence_id = l.evidence_id and b.session_id is not distinct from l.session_id and b.agent = l.agent and b.record < l.record
left join (select distinct message_id as id from events_all where message_id <> '') p on p.id = l.parent_message_id
where l.parent_message_id <> '' and l.kind in ('message', 'inference', 'tool');
