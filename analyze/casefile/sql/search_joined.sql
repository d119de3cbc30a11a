-- Texts that were put together from chunks, of some calls after one.
select call, system_prompt, prompt, response, reasoning, system_prompt_hash, prompt_hash, response_hash, reasoning_hash
from joined_text
where call > $after::bigint
order by call
limit {{limit}}
