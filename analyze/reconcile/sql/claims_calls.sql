-- The inferences that succeeded, as each log shows them.
create or replace temp table claim_call as
select s.format, e.event_id, epoch_us(s.ts) as moment, coalesce(nullif(e.model_response, ''), e.model, '') as model,
    e.session_id, e.person, e.principal, e.app, e.provider
from sight s
join events e on e.eid = s.eid
where e.kind = 'inference' and coalesce(e.outcome, 'success') in ('success', 'blocked');
