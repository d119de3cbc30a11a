-- How many questions each application, or actor, asked again in six hours, and how many of them
-- were answered from other documents than the time before.
select subject, at_us // 21600000000 * 21600000000 as at_us, count(*)::bigint, count(*) filter (documents <> before)::bigint, 0::bigint
from read_again
where before is not null
group by all
order by all
