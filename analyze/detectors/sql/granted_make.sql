-- Grants with those that they are for, as far as the records say. target_kind is
-- user, role or policy, NULL where nothing is said.
create or replace temp table granted as
select
    a.eid, a.at_us, a.actor, a.operation, a.issued_credential, a.address, a.region,
    t.kind as target_kind, t.name as target, coalesce(t.policy, '') as policy, coalesce(t.looks, false) as looks,
    -- on how many earlier days the same actor made grants
    dense_rank() over (partition by a.actor order by a.at_us // 86400000000) - 1 as days_before
from act a
join (select unnest(from_json($targets, '[{"eid":"BIGINT","kind":"VARCHAR","name":"VARCHAR","policy":"VARCHAR","looks":"BOOLEAN"}]'), recursive := true)) t on t.eid = a.eid;
