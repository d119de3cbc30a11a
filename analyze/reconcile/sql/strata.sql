-- The strata of all sources, in an order that depends on what they say.
select
    bit, stratum, mask, calls, coalesce(kind, ''), coalesce(operation, ''), coalesce(outcome, ''), coalesce(error_code, ''),
    coalesce(finish_reason, ''), coalesce(provider, ''), coalesce(service, ''), coalesce(tenant, ''), coalesce(region, ''),
    coalesce(model, ''), coalesce(app, ''), coalesce(principal, '')
from stratum
order by bit, kind, operation, outcome, error_code, finish_reason, provider, service, tenant, region, model, app, principal, stratum, mask;
