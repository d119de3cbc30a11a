-- The events of each indicator, once. Most indicators are seen in one place,
-- where each event is there once.
create or replace temp table match_event as
with one as (
    select indicator from match_seen group by indicator having min(place) = max(place)
)
select s.indicator, s.eid from match_seen s semi join one on one.indicator = s.indicator
union all
select distinct s.indicator, s.eid from match_seen s anti join one on one.indicator = s.indicator;

create or replace temp table match_detail as
select
    m.indicator, m.eid, e.ts, e.principal,
    coalesce(c.call, case when e.kind in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail') then m.eid end) as call
from match_event m
join (select eid, ts, principal, kind from events_all) e on e.eid = m.eid
left join call_event c on c.eid = m.eid
