-- What an inventory leaves out: events that are no calls, by kind, and what
-- has no time when a range of time is asked for.
with activity as (
    select 'call' as what, kind, ts
    from calls
    where (
{{where}}
    )
    union all
    select 'rest', kind, ts
    from events
    where coalesce(kind, 'other') not in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
        and (
{{where}}
        )
)
select false as timeless, kind, count(*) as events
from activity
where what = 'rest'
    and ($from::timestamptz is null or ts >= $from::timestamptz)
    and ($to::timestamptz is null or ts < $to::timestamptz)
group by kind
union all
select true, null, count(*)
from activity
where ts is null and ($from::timestamptz is not null or $to::timestamptz is not null)
order by timeless, events desc, kind nulls last
