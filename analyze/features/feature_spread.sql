-- How many different things each subject used in an hour.
create or replace temp table feature_spread as
{{each dimension of actor, person, principal, credential, model, app, session}}
select
    '{{dimension}}' as dimension, {{dimension}}::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct {{dimension}}, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where {{dimension}} is not null
)
group by {{dimension}}, at_us // 3600000000
