-- The calls whose answer has passages of some system prompt, with their own. An
-- answer that is a system prompt and nothing else is one text with it.
select
    c.eid, c.at_us, coalesce(c.actor::varchar, ''), coalesce(c.app::varchar, ''),
    lower(hex(s.system_prompt)) as system_prompt, lower(hex(s.response)) as response
from said s
join call c on c.eid = s.eid
where s.system_prompt is not null and (s.response = s.system_prompt or s.response in (select hash from echo))
order by system_prompt, c.at_us, c.eid
