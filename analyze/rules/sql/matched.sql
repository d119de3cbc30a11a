-- The matches of some rules in the order of time, those without one last.
select rule, ts, event_id, principal, operation, src_ip, outcome, model, to_json(fields)::varchar
from sigma_match
where rule in (select unnest($rules::integer[]))
order by ts nulls last, evidence, record, part, event_id, rule
