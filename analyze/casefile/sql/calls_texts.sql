-- What chunks say together replaces what the last of them says alone.
update merged_call
set
    system_prompt_hash = coalesce(t.system_prompt_hash, merged_call.system_prompt_hash),
    prompt_hash = t.prompt_hash,
    response_hash = t.response_hash,
    content_state = case when t.prompt_hash is not null and t.response_hash is not null then 'present' else 'partial' end
from joined_text t
where t.call = merged_call.call and t.call in (select call from merging)
