-- How many principals the case has that call models: as many as the format
-- names that names most, because formats name the same principal differently.
select coalesce(max(n), 0)
from (
    select count(distinct principal) as n
    from stored_event
    where kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
    group by format
)
