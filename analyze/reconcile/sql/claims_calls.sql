-- The inferences that succeeded, as each log shows them.
create or replace temp table claim_call as
select s.format, s.event_id, epoch_us(s.ts) as moment, coalesce(nullif(e.model_response, ''), s.model, '') as model,
    s.session_id, e.person, s.principal, s.app, e.provider
from sight s
join events e on e.eid = s.eid
where e.kind = 'inference' and coalesce(s.outcome, 'success') in ('success', 'blocked');
