-- How many acts beside calls of models say what. Columns are named as in table act.
create or replace temp table coverage_of_acts as
with counted as (
    select
        count(*) as acts, count(actor) as actor, count(principal) as principal, count(role) as role, count(credential) as credential,
        count(issued_credential) as issued_credential, count(service) as service, count(operation) as operation,
        count(error_code) as error_code, count(region) as region, count(address) as address, count(client) as client, count(mfa) as mfa
    from act
)
select name, value from counted unpivot (value for name in (*));
