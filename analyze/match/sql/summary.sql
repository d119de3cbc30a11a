-- What is said of each indicator, with its first events in the order of time,
-- those without one last. Events of one time are put in order when they have
-- been read.
select
    indicator, count(*) as events, count(distinct call) as calls, min(ts) as first, max(ts) as last,
    list_transform(
        min({'timeless': ts is null, 'ts': ts, 'eid': eid}, {{listed}}),
        lambda x: [epoch_us(x.ts), x.eid]
    )::varchar as listed
from match_detail
group by indicator
order by indicator
