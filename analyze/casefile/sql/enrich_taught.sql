-- Which identities stand together in a call. Events that are no part of a joined
-- call are counted by their combination of identities.
create or replace temp table told as
select 'call ' || c.call as call, e.principal, e.credential_id, e.end_user, 1 as calls
from call_event c
join read_parquet({{events}}) e on e.segment = c.eid // 268435456 and e.row = c.eid % 268435456
union all
select concat_ws(' ', 'alone', hash(e.principal), hash(e.credential_id), hash(e.end_user)), e.principal, e.credential_id, e.end_user, count(*)
from read_parquet({{events}}) e
anti join call_event c on c.eid = e.segment * 268435456 + e.row
where (e.principal is not null)::int + (e.credential_id is not null)::int + (e.end_user is not null)::int > 1
group by all;

create or replace temp table named as
select distinct call, value, calls
from (
    select call, principal as value, calls from told
    union all select call, credential_id, calls from told
    union all select call, end_user, calls from told
)
where value <> '';

-- A value that the list does not have takes the person whose values it stands
-- with, when that is one person only.
create or replace temp table vote as
select n.value, p.person, sum(n.calls)::bigint as calls
from named n
join (
    select distinct n.call, i.person from named n join identity i on i.value = n.value where i.person is not null
) p on p.call = n.call
anti join identity i on i.value = n.value
group by n.value, p.person;

insert into identity
select value, any_value(person), null, 'calls', sum(calls)::bigint
from vote
group by value
having count(*) = 1
order by value;

insert into identity_conflict
select value, person, calls
from vote
semi join (select value from vote group by value having count(*) > 1) v on v.value = vote.value
order by value, calls desc, person;

drop table told;
drop table named;
drop table vote;
