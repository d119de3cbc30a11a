-- How many calls of each stratum of a source are shown by which sources, and the
-- words that all calls of the stratum have.
create or replace temp table counted as
select b.bit, s.stratum, w.mask, count(*) as calls, min(s.eid) as eid
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
join saw w on w.call = s.call
group by b.bit, s.stratum, w.mask;

create or replace temp table stratum as
select
    c.bit, c.stratum, c.mask, c.calls, e.kind, e.operation, e.outcome, e.error_code, e.finish_reason, e.provider, e.service,
    e.tenant, e.region, e.model, e.app, e.principal, e.model is not null and contains(lower(e.model), 'embed') or e.kind = 'embedding' as vectors
from (select bit, stratum, mask, calls, min(eid) over (partition by bit, stratum) as eid from counted) c
join events e on e.eid = c.eid;
