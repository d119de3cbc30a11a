-- The beginnings, without the number at their end, that many of the first ids of
-- a log have in common.
select coalesce(max(ids), 0) >= $least
from (
    select count(*) as ids
    from (
        select regexp_replace(native_id, '[0-9]{1,18}$', '') as prefix
        from (select native_id from events_all where format = $format and native_id is not null order by eid limit 1000)
        where regexp_matches(native_id, '[0-9]$')
    )
    group by prefix
)
