-- The days on which the logs hold calls, and how many actors have too few.
select
    (select coalesce(list(distinct at_us // 86400000000 order by at_us // 86400000000), []) from call) as days,
    (select coalesce(min(at_us), 0) from call) as first_us,
    (select coalesce(max(at_us), 0) from call) as last_us,
    (select count(*) from (select actor from call where actor is not null group by actor having count(*) < $calls)) as few
