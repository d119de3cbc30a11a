-- What is known of each value of a column. Its units are counted by themselves,
-- because only they need every event at once.
insert into pivot_value
with seen as (
    select {{column}} as word, sum(events) as events, count(person) as people, min(first) as first, max(last) as last
    from (
        select {{column}}, person, count(*) as events, min(ts) as first, max(ts) as last
        from pivot_event
        where {{column}} is not null
        group by {{column}}, person
    )
    group by {{column}}
),
met as (
    select {{column}} as word, count(distinct unit) as units
    from pivot_event
    where {{column}} is not null
    group by {{column}}
),
marked as (
    select
        {{column}} as word, count(distinct unit) filter (failed) as failed, count(distinct unit) filter (finding is not null) as found,
        min(finding) as finding, count(distinct unit) filter (started) as started
    from pivot_event
    where {{column}} is not null and (failed or finding is not null or started)
    group by {{column}}
)
select
    {{kind}}, v.value, m.units, s.events, s.people, coalesce(k.failed, 0), s.first, s.last, coalesce(k.found, 0), k.finding, coalesce(k.started, 0)
from (select {{column}} as value, hash({{column}}) as word from stored_event where {{column}} <> '' group by {{column}}) v
join seen s on s.word = v.word
join met m on m.word = v.word
left join marked k on k.word = v.word
