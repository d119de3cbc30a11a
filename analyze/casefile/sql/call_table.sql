-- The calls, with what the case is enriched by, but without what none of them says.
create or replace temp table call_row as
select eid, at_us, {{actor}} as actor, {{kept}}
from (
    select
        e.*{{costs}}, {{person}} as person, of_principal.actor as principal_actor,
        {{network}} as network, {{country}} as country, {{asn}} as asn
    from (
        {{lines}}
    ) e
    {{joins}}
    where e.at_us is not null
) e;

create or replace temp view call as
select eid, at_us, actor, {{seen}}
from call_row;

drop view call_part;
