-- What rules match, each row once for each rule. The fields are those that the
-- correlations of the rule ask for.
create or replace temp table sigma_match (
    rule integer, ts bigint, evidence varchar, record bigint, part bigint, event_id varchar,
    principal varchar, operation varchar, src_ip varchar, outcome varchar, model varchar, fields varchar[]
)
