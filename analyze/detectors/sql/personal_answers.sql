-- How many answers each actor got in six hours, and how many of them hold personal data.
with personal as (
    select distinct hash from sign where kind = 'personal' and score >= 0.5
)
select
    'actor ' || c.actor::varchar as subject, c.at_us // 21600000000 * 21600000000 as at_us, count(*)::bigint, count(p.hash)::bigint, 0::bigint
from call c
join said s on s.eid = c.eid
left join personal p on p.hash = s.response
where c.actor is not null and s.response is not null and c.outcome = 'success'
group by all
order by all
