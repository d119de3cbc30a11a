-- How many different things each subject used in an hour.
create or replace temp table feature_spread as
select
    'actor' as dimension, actor::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct actor, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where actor is not null
)
group by actor, at_us // 3600000000
union all
select
    'person' as dimension, person::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct person, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where person is not null
)
group by person, at_us // 3600000000
union all
select
    'principal' as dimension, principal::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct principal, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where principal is not null
)
group by principal, at_us // 3600000000
union all
select
    'credential' as dimension, credential::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct credential, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where credential is not null
)
group by credential, at_us // 3600000000
union all
select
    'model' as dimension, model::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct model, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where model is not null
)
group by model, at_us // 3600000000
union all
select
    'app' as dimension, app::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct app, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where app is not null
)
group by app, at_us // 3600000000
union all
select
    'session' as dimension, session::varchar as subject, at_us // 3600000000 * 3600000000 as at_us,
    count(distinct model) as models, count(distinct address) as addresses, count(distinct client) as clients, count(distinct country) as countries,
    count(distinct operation) as operations, count(distinct destination) as destinations, count(distinct data_format) as data_formats
from (
    select distinct session, at_us // 3600000000 * 3600000000 as at_us, model, address, client, country, operation, destination, data_format
    from call
    where session is not null
)
group by session, at_us // 3600000000;
