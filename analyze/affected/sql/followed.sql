-- What followed: each call or event after a meeting of its principal or session,
-- with the meeting before it. What has the same time is not after it.
create or replace temp table followed as
with candidate as (
    select s.subject, u.*
    from next_unit u
    join subject s on s.principal = u.principal and s.subject <= $limit
    where u.ts is not null
    union
    select s.subject, u.*
    from next_unit u
    join subject_session s on s.session_id = u.session_id
    where u.ts is not null
)
select c.*, exists (select 1 from meeting m where m.subject = c.subject and m.unit = c.unit) as again
from candidate c
asof join (select distinct subject, ts as met_ts from meeting) m on m.subject = c.subject and c.ts > m.met_ts
where epoch_us(c.ts) - epoch_us(m.met_ts) <= $window;

-- Models and addresses that the principals used up to their first meeting. Where
-- no event says any, none is new after it.
create or replace temp table known as
select distinct s.subject, v.name, v.value
from subject s
join stored_event e on e.principal = s.principal and e.ts <= s.first_ts,
unnest([{'name': 'model', 'value': e.model}, {'name': 'address', 'value': e.src_ip}]) as x(v)
where s.subject <= $limit and v.value is not null;
