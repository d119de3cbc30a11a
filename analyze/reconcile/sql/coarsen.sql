-- Leaves the columns with the most values out of the strata.
create or replace temp table coarse as
select c.bit, c.stratum,
    hash(e.kind, e.operation, e.outcome, e.error_code, e.finish_reason, e.provider, e.service, e.tenant, e.region, e.model) as coarser
from (select bit, stratum, min(eid) as eid from counted group by bit, stratum) c
join events e on e.eid = c.eid;

update sight
set stratum = c.coarser
from coarse c
join seen_by b on b.bit = c.bit
where sight.stratum = c.stratum and sight.format = b.format and sight.plane is not distinct from b.plane;
