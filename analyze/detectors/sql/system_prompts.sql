-- The system prompts that most calls have.
select lower(hex(system_prompt)) as hash
from said
where system_prompt is not null
group by system_prompt
order by count(*) desc, hash
limit $most
