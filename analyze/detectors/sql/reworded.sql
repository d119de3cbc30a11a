-- Calls of talks in which one was refused, with what they asked, in order. A talk
-- is a session, or what an actor asks within an hour where there are no sessions.
with spoken as (
    select c.eid, c.at_us, c.actor, c.app, coalesce(c.session, c.actor || ' ' || (c.at_us // 3600000000)) as talk,
        r.eid is not null as refused, c.outcome, c.session is not null as in_session
    from call c
    left join refused_call r on r.eid = c.eid
    where c.kind = 'inference' and c.actor is not null
),
chosen as (
    select talk, min(at_us) filter (refused) as from_us
    from spoken
    group by talk
    having bool_or(refused) and bool_or(not refused and outcome = 'success') and count(*) <= 2000
)
select s.talk, s.actor, s.eid, s.at_us, s.refused, lower(hex(e.prompt_hash)), s.in_session
from spoken s
join chosen h on h.talk = s.talk and s.at_us >= h.from_us
join stored_event e on e.eid = s.eid
where (s.refused or s.outcome = 'success') and e.prompt_hash is not null
order by s.talk, s.at_us, s.eid
