-- What calls of a span have in common, and how often, hour by hour. The first
-- Monday of 1970 is where weeks begin.
create or replace temp table baseline_use as
select
    c.at_us // 3600000000 as hour,
    c.actor::varchar as actor, c.credential::varchar as credential, c.model::varchar as model, c.app::varchar as app,
    n.network::varchar as network, c.client::varchar as client, c.region::varchar as region, c.operation::varchar as operation,
    c.destination::varchar as destination, c.country::varchar as country,
    count(*) as calls,
    sum(case when c.input_tokens is not null or c.output_tokens is not null then coalesce(c.input_tokens, 0) + coalesce(c.output_tokens, 0) end)::bigint as tokens,
    sum(c.output_tokens)::bigint as output_tokens,
    (sum(c.cost_usd) * 1000000000)::bigint as cost,
    min(c.at_us) as first_us, max(c.at_us) as last_us
from call c
left join network_of n on n.address = c.address
where c.at_us >= $from and c.at_us < $to
group by all;
