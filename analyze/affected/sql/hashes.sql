-- The hashes of texts between two bounds, in hexadecimal digits.
select distinct lower(hex(hash)) as hash
from (
    select hash from stored_use where hash >= from_hex($low) and hash <= from_hex($high)
    union all
    select system_prompt_hash from stored_event where system_prompt_hash >= from_hex($low) and system_prompt_hash <= from_hex($high)
    union all
    select prompt_hash from stored_event where prompt_hash >= from_hex($low) and prompt_hash <= from_hex($high)
    union all
    select response_hash from stored_event where response_hash >= from_hex($low) and response_hash <= from_hex($high)
    union all
    select reasoning_hash from stored_event where reasoning_hash >= from_hex($low) and reasoning_hash <= from_hex($high)
    union all
    select unnest([system_prompt_hash, prompt_hash, response_hash, reasoning_hash]) from joined_text
)
where hash >= from_hex($low) and hash <= from_hex($high)
order by hash
limit 9
