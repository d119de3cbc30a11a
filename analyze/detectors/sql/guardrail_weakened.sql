-- id: anti-forensics.guardrail-weakened
-- title: A guardrail was removed or changed
-- severity: medium
-- why: A guardrail that is gone or weaker lets through what it blocked before, and no
--   call shows that it is missing. It is high where the same actor then calls models,
--   and where the actor had never changed one before.
-- tags: attack.t1685, atlas.aml.t0054, owasp.llm01
-- needs: act.operation
-- reads: act, call
-- false positive: those who own the guardrail tune it, or a pipeline writes it again
-- false positive: an environment is torn down with everything in it
-- triage: compare the guardrail's versions before and after; which policies went, which thresholds fell
-- triage: read what the same actor asked models in the day after it
-- triage: list what the guardrail had blocked in the week before: who would gain from its absence
-- collect: all versions of the guardrail and the identity policies that allow changing it
-- collect: the calls after the change with their texts
-- contain: restore the last good version, and enforce guardrails at the level of the account
-- contain: take the permission to change guardrails from the actor
with changed as (
    select eid, at_us, coalesce(actor, 'nobody known') as actor, operation, outcome, region, model
    from act
    where operation in (
        'DeleteGuardrail', 'UpdateGuardrail', 'DeleteEnforcedGuardrailConfiguration', 'PutEnforcedGuardrailConfiguration',
        'DeleteAutomatedReasoningPolicy', 'UpdateAutomatedReasoningPolicy'
    ) or lower(operation) like 'microsoft.cognitiveservices/accounts/raipolicies/%'
),
grouped as (
    select actor, at_us // 3600000000 as hour, min(at_us) as first_us, max(at_us) as last_us, list(eid order by at_us, eid) as eids,
        count(*) as changes, count(*) filter (outcome = 'success') as carried_out,
        count(*) filter (operation ilike '%delete%' and outcome = 'success') as deleted,
        min(operation) as operation, min(region) as region
    from changed
    group by actor, at_us // 3600000000
),
used as (
    select g.actor, g.hour, count(*) as calls, list(c.eid order by c.at_us, c.eid)[:100] as eids
    from grouped g
    join call c on c.actor = g.actor and c.at_us between g.first_us and g.first_us + 86400000000
    where g.carried_out > 0
    group by g.actor, g.hour
),
earlier as (
    select g.actor, g.hour, count(distinct c.at_us // 86400000000) as days
    from grouped g
    join changed c on c.actor = g.actor and c.at_us // 86400000000 < g.first_us // 86400000000
    group by g.actor, g.hour
)
select
    g.actor as subject,
    g.first_us::varchar as bucket,
    g.actor as actor,
    case
        when g.carried_out = 0 then 'low'
        when coalesce(e.days, 0) >= 3 then 'low'
        when u.calls > 0 or g.deleted > 0 then 'high'
        else 'medium'
    end as severity,
    g.operation || ' by ' || g.actor || case when g.carried_out = 0 then ' was refused' else '' end as title,
    g.changes || ' changes of guardrails within an hour, ' || g.carried_out || ' of them carried out. Within a day after it the same actor called models '
        || coalesce(u.calls, 0) || ' times. The actor had changed guardrails on ' || coalesce(e.days, 0) || ' earlier days.' as explanation,
    g.first_us, g.last_us,
    list_concat(g.eids, coalesce(u.eids, [])) as eids,
    g.changes + coalesce(u.calls, 0) as event_count,
    g.operation, g.region, g.changes, g.carried_out, coalesce(u.calls, 0) as calls_within_a_day, coalesce(e.days, 0) as earlier_days_with_changes
from grouped g
left join used u on u.actor = g.actor and u.hour = g.hour
left join earlier e on e.actor = g.actor and e.hour = g.hour
order by g.first_us, g.actor
