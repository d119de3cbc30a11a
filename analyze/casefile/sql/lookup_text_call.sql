-- The hashes of the texts of calls, by their first events, that were put
-- together from chunks.
select system_prompt_hash, prompt_hash, response_hash, reasoning_hash
from joined_text
where call in ({{eids}})
