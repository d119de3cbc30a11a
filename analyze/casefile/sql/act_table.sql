-- The acts, with what the case is enriched by, as features/act.sql selects them.
create or replace temp table act as
select
    eid, at_us,
    {{actor}} as actor, person, {{principal}} as principal, {{principal_type}} as principal_type, {{role}} as role,
    {{credential_id}} as credential, {{issued_credential_id}} as issued_credential, {{source_identity}} as source_identity,
    {{tenant}} as tenant, {{app}} as app, format, plane, kind, {{provider}} as provider, {{service}} as service,
    {{operation}} as operation, {{outcome}} as outcome, {{error_code}} as error_code, {{region}} as region, {{src_ip}} as address,
    network, country, asn, {{client}} as client, {{user_agent}} as user_agent, {{model}} as model, mfa, parameters, destination
from (
    select
        e.*, {{person}} as person, of_principal.actor as principal_actor,
        {{network}} as network, {{country}} as country, {{asn}} as asn
    from (
        select
            e.segment * 268435456 + e.row as eid, epoch_us({{corrected}}) as at_us,
            {{columns}}, e.format, e.plane, e.kind, e.mfa, e.parameters
        from {{events}} e
        {{correcting}}
        anti join duplicate d on d.eid = e.segment * 268435456 + e.row
        where e.ts is not null and e.kind in ('admin', 'auth', 'data', 'other', 'guardrail')
            -- says nothing more, but reaches the segments: the columns of calls are not read
            and e.kind <> 'inference' and e.kind <> 'embedding' and e.kind <> 'retrieval' and e.kind <> 'tool'
        union all
        {{many}}
    ) e
    {{joins}}
) e;
