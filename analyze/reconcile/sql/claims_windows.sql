-- The calls of two logs by who made them and when: a session as a whole, else by
-- the hour. Calls within a minute of the ends of an hour may be in the next of
-- the other log. Who is in one of the logs only is left out.
with named as (
    select format, event_id, moment, model,
        case $kind when 'session' then session_id when 'person' then person when 'principal' then principal when 'application' then app else '' end as who,
        case when $kind <> 'session' then moment // 3600000000 * 3600000000 end as hour
    from claim_call
    where format in ($client, $other) and moment is not null
),
both_know as (
    select who from named where who is not null and (who <> '' or $kind = 'log') group by who having bool_or(format = $client) and bool_or(format = $other)
)
select n.who, n.hour, n.model, n.format = $client,
    count(*), count(*) filter (n.moment < n.hour + 60000000 or n.moment >= n.hour + 3540000000),
    min(n.moment), max(n.moment), arg_min(n.event_id, (n.moment, n.event_id)), arg_max(n.event_id, (n.moment, n.event_id))
from named n
join both_know b on b.who = n.who
group by n.who, n.hour, n.model, n.format
order by n.who, n.hour, n.model, n.format
