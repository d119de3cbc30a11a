-- Texts of calls that were put together from chunks.
select t.hash, left(t.text, {{chars}}), length(t.text)
from (
    select system_prompt_hash as hash, system_prompt as text from joined_text
    union all select prompt_hash, prompt from joined_text
    union all select response_hash, response from joined_text
    union all select reasoning_hash, reasoning from joined_text
) t
where list_contains($hashes, lower(hex(t.hash)))
