-- As drift, of the form of answers: 10 bins for each step from prose over lists and headings to
-- code and JSON. An answer stands in one of them.
select
    coalesce('application ' || c.app::varchar, 'actor ' || c.actor::varchar) as subject, 'form' as measure,
    c.at_us // 21600000000 * 21600000000 as at_us, f.form * 10 as bin, count(*) as n
from call c
join said s on s.eid = c.eid
join answer_form f on f.hash = s.response
where c.kind = 'inference' and c.outcome = 'success' and (c.app is not null or c.actor is not null)
group by all
order by subject, measure, at_us, bin
