-- The matches of some rules in the order of time, those without one last. They are
-- numbered so that they can be read a page at a time: the driver holds all rows of a
-- result in memory.
select
    row_number() over (order by ts nulls last, evidence, record, part, event_id, rule) - 1 as n,
    rule, ts, event_id, principal, operation, src_ip, outcome, model, fields
from sigma_match
where rule in ({{rules}})
