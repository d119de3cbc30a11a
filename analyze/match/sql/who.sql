-- Who is in the events of each indicator, the most frequent first.
select indicator, principal, events, different
from (
    select
        indicator, principal, count(*) as events,
        count(*) over (partition by indicator) as different,
        row_number() over (partition by indicator order by count(*) desc, principal nulls last) as rank
    from match_detail
    group by indicator, principal
)
where rank <= {{top}}
order by indicator, rank
