-- On how many days each system prompt was in use.
select lower(hex(s.system_prompt)) as hash, count(distinct c.at_us // 86400000000) as days
from said s
join call c on c.eid = s.eid
where s.system_prompt is not null
group by s.system_prompt
order by hash
