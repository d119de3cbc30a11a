-- id: exfiltration.new-destination
-- title: An agent's tool sent to a destination that nobody used before
-- severity: medium
-- why: Who steers an agent makes its tools carry data out. A destination counts when
--   neither the agent nor any other used it before, and the agent has a history in
--   which new destinations are rare: the share of its uses that would be of an unseen
--   one is estimated by Good and Turing (Good, Biometrika 40, 1953) from those seen once.
--   It is only good to know where the user named the destination in the call: orders that an intruder
--   plants stand in documents and in what tools give back.
-- tags: attack.t1567, atlas.aml.t0086, owasp.llm06, owasp.asi02
-- needs: tool_calls
-- reads: call, tool_destination
-- threshold: earlier_uses = 20 uses: of destinations by the agent, before which nothing is said of it
-- threshold: unseen_share = 0.1 share: of uses that would be of an unseen destination, from which on a new one is usual
-- false positive: a new integration, or a task that has to reach a new site
-- triage: read the arguments of the tool call: what was sent, and did a document or tool result ask for it
-- triage: look at the conversation before the call for instructions that the user did not give
-- collect: the conversation, the tool's own log, and logs of the network for the destination
-- contain: block the destination for the agent's tools; then see who else reached it: exhibit affected
with first as (
    select agent, destination, min(at_us) as at_us, arg_min(eid, (at_us, eid)) as eid, count(*) as uses, max(size) as size,
        arg_min(tool, (at_us, eid)) as tool, arg_min(actor, (at_us, eid)) as actor, list(eid order by at_us, eid)[:200] as eids
    from tool_destination
    group by agent, destination
),
known as (
    select destination, min(at_us) as at_us from tool_destination group by destination
),
novel as (
    select f.* from first f join known k on k.destination = f.destination and k.at_us = f.at_us
),
past as (
    select n.agent, n.destination,
        count(*) as before,
        count(distinct h.destination) as destinations,
        (max(h.at_us) - min(h.at_us)) // 86400000000 as days
    from novel n
    join tool_destination h on h.agent = n.agent and h.at_us < n.at_us
    group by n.agent, n.destination
),
once as (
    select n.agent, n.destination, count(*) as seen_once
    from novel n
    join (
        select agent, destination, min(at_us) as at_us,
            (list(at_us order by at_us))[2] as second_us
        from tool_destination group by agent, destination
    ) h on h.agent = n.agent and h.at_us < n.at_us and (h.second_us is null or h.second_us >= n.at_us)
    group by n.agent, n.destination
),
rare as (
    select n.*, p.before, p.destinations, (coalesce(o.seen_once, 0) + 1.0) / (p.before + 1) as unseen
    from novel n
    join past p on p.agent = n.agent and p.destination = n.destination
    left join once o on o.agent = n.agent and o.destination = n.destination
    where p.before >= $earlier_uses and p.days >= 2
)
select
    agent as subject, destination as bucket, actor,
    case when unseen < 0.01 then 'high' when unseen < 0.05 then 'medium' else 'low' end as severity,
    'A tool of ' || agent || ' reached ' || destination || ' for the first time' as title,
    'The tool ' || coalesce(tool, 'without a name') || ' was given ' || destination || ', which no agent had reached before. Of ' || before
        || ' earlier uses of ' || destinations || ' destinations by this agent, about one in ' || round(1 / unseen)::bigint
        || ' was of a new one.' as explanation,
    at_us as first_us, at_us as last_us, eids, uses as event_count,
    destination, tool, uses, size as largest_arguments_bytes, before as earlier_uses, destinations as earlier_destinations
from rare
where unseen < $unseen_share
order by at_us, agent, destination
