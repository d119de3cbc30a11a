-- Leaves the columns with the most values out of the strata.
update sight
set stratum = hash(kind, operation, outcome, error_code, finish_reason, provider, service, tenant, region, model);
