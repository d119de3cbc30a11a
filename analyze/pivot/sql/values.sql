-- What is known of each value of a column.
insert into pivot_value
with seen as (
    select
        {{column}} as value, unit, any_value(person) as person, any_value(finding) as finding, bool_or(started) as started,
        count(*) as events, min(ts) as first, max(ts) as last, bool_or(failed) as failed
    from pivot_event
    where {{column}} <> ''
    group by all
)
select
    {{kind}}, value, count(*), sum(events), count(distinct person), count(*) filter (failed), min(first), max(last),
    count(finding), min(finding), count(*) filter (started)
from seen
group by value
