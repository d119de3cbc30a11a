-- id: recon.leaked-key
-- title: A key that stands in a text was used afterwards from elsewhere
-- severity: critical
-- why: What is written to a model stands in logs, caches and answers, and whoever reads it has the key. Found
--   where the id of an access key stands in a prompt, document, tool result or answer of the case, and
--   the same key is used later from an address from which it was not used before. It is critical where
--   the network is new too, and medium where the case shows no use of the key from before. Networks are those that the
--   case is enriched with, else an IPv4 /16 or IPv6 /48.
-- tags: atlas.aml.t0055, atlas.aml.t0057, attack.t1552, owasp.llm02
-- needs: text, credential, address
-- reads: call, act, network_of, leaked_text
-- false positive: the holder of the key, who went to another network soon after
-- triage: find out whose network it is, and whether client or models differ too
-- triage: find out who could read the text: exhibit match with the key's id
-- collect: everything that was done with the key since: exhibit timeline with its id
-- contain: deactivate the key at once; it is known to whoever could read the text
-- contain: take the text out of what is logged, cached and indexed
with shown as (
    select eid, prompt_hash as hash from stored_event where prompt_hash in (select hash from leaked_text)
    union all
    select eid, response_hash from stored_event where response_hash in (select hash from leaked_text)
    union all
    select eid, system_prompt_hash from stored_event where system_prompt_hash in (select hash from leaked_text)
    union all
    select eid, reasoning_hash from stored_event where reasoning_hash in (select hash from leaked_text)
    union all
    select eid, hash from stored_use where hash in (select hash from leaked_text)
),
said as (
    select l.key, min(epoch_us(e.ts)) as at_us, arg_min(s.eid, (epoch_us(e.ts), s.eid)) as eid, arg_min(l.role, (epoch_us(e.ts), s.eid)) as role, count(distinct s.eid) as events
    from shown s
    join leaked_text l on l.hash = s.hash
    join stored_event e on e.eid = s.eid
    anti join duplicate d on d.eid = s.eid
    where e.ts is not null
    group by l.key
),
uses as (
    select x.eid, x.at_us, x.actor, x.credential, x.address, x.client, n.network as place
    from (
        select eid, at_us, actor, credential, address, client from call where credential in (select key from said)
        union all
        select eid, at_us, actor, credential, address, client from act where credential in (select key from said)
    ) x
    join network_of n on n.address = x.address
    where coalesce(x.client, '') <> 'aws-internal'
),
addresses as (
    select
        credential, address, min(at_us) as first_us,
        min(min(at_us)) over (partition by credential, place) as network_first_us
    from uses
    group by credential, address, place
)
select
    s.key as subject,
    min(u.actor) as actor,
    case when b.uses = 0 then 'medium' when max(p.network_first_us) > s.at_us then 'critical' else 'high' end as severity,
    'A key that stands in a text (' || s.role || ') was used afterwards from elsewhere' as title,
    'The key ' || s.key || ' stands in what was said to or by a model since ' || strftime(make_timestamp(s.at_us), '%Y-%m-%dT%H:%M:%SZ')
        || ' (' || s.events || ' events). From ' || ((min(u.at_us) - s.at_us) // 60000000) || ' minutes later on it was used ' || count(*)
        || ' times from ' || count(distinct p.address) || case when count(distinct p.address) = 1 then ' address' else ' addresses' end
        || case when b.uses > 0 then ', where it had not been used in ' || b.uses || ' uses before.' else '. Before it was said, no use of it is in this case, so that these may be its own.' end as explanation,
    s.at_us as first_us, max(u.at_us) as last_us,
    list_sort(list_distinct(list_prepend(s.eid, list_slice(list(u.eid order by u.at_us, u.eid), 1, 9999)))) as eids,
    count(*) + 1 as event_count,
    s.role as said_as,
    array_to_string(list_slice(list_sort(list(distinct u.place)), 1, 10), ' ') as networks,
    array_to_string(list_slice(list_sort(list(distinct u.address::varchar)), 1, 10), ' ') as addresses,
    string_agg(distinct u.client, ' ' order by u.client) as clients,
    b.uses as uses_before
from said s
join addresses p on p.credential = s.key and p.first_us > s.at_us
join uses u on u.credential = s.key and u.address = p.address
join (
    select s.key, count(u.eid) as uses from said s left join uses u on u.credential = s.key and u.at_us <= s.at_us group by s.key
) b on b.key = s.key
group by s.key, s.role, s.at_us, s.eid, s.events, b.uses
order by s.at_us, s.key
