-- How many calls of each stratum of a source are shown by which sources. Within
-- a stratum each of its columns has one value.
create or replace temp table stratum as
select
    b.bit, s.stratum, w.mask, count(*) as calls,
    any_value(s.kind) as kind, any_value(s.operation) as operation, any_value(s.outcome) as outcome, any_value(s.error_code) as error_code,
    any_value(s.finish_reason) as finish_reason, any_value(s.provider) as provider, any_value(s.service) as service,
    any_value(s.tenant) as tenant, any_value(s.region) as region, any_value(s.model) as model, any_value(s.app) as app,
    any_value(s.principal) as principal
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
join saw w on w.call = s.call
group by b.bit, s.stratum, w.mask;
