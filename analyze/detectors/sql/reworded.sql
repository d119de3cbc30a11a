-- Calls of talks in which one was refused, with what they asked, in order. A talk
-- is a session. Of who calls without sessions it is a refused call and the next
-- few of the same actor, as far as they follow each other within an hour; talks
-- must not end where an hour does.
with spoken as (
    select c.eid, c.at_us, c.actor, c.session, r.eid is not null as refused, c.outcome
    from call c
    left join refused_call r on r.eid = c.eid
    where c.kind = 'inference' and c.actor is not null
),
chosen as (
    select session, min(at_us) filter (refused) as from_us
    from spoken
    where session is not null
    group by session
    having bool_or(refused) and bool_or(not refused and outcome = 'success') and count(*) <= 2000
),
alone as (
    select *, row_number() over (partition by actor order by at_us, eid) as n
    from spoken s
    where session is null and exists (select 1 from spoken r where r.actor = s.actor and r.refused and r.session is null)
),
near as (
    select *
    from alone
    qualify bool_or(refused) over (partition by actor order by n rows between $next preceding and current row)
),
parted as (
    select *,
        coalesce(n - lag(n) over along > 1 or at_us - lag(at_us) over along > 3600000000, true) as begins
    from near
    window along as (partition by actor order by n)
),
numbered as (
    select *, max(case when begins then at_us end) over (partition by actor order by n) as began_us
    from parted
),
talk as (
    select s.session as talk, s.actor, s.eid, s.at_us, s.refused, s.outcome, true as in_session
    from spoken s
    join chosen h on h.session = s.session and s.at_us >= h.from_us
    union all
    select actor || ' ' || began_us, actor, eid, at_us, refused, outcome, false
    from numbered
)
select t.talk, t.actor, t.eid, t.at_us, t.refused, lower(hex(e.prompt_hash)), t.in_session
from talk t
join stored_event e on e.eid = t.eid
where (t.refused or t.outcome = 'success') and e.prompt_hash is not null
order by t.talk, t.at_us, t.eid
