found_{{name}} as materialized (
    select hash from content where {{text}}
),
holder_{{name}} as (
    select u.segment * 268435456 + u.row as eid
    from {{uses}} u
    semi join found_{{name}} f on f.hash = lower(hex(u.hash))
    union
    select eid
    from events_all
    where system_prompt_hash in (select hash from found_{{name}})
        or prompt_hash in (select hash from found_{{name}})
        or response_hash in (select hash from found_{{name}})
        or reasoning_hash in (select hash from found_{{name}})
        or {{tool_calls}}
        or {{retrieved}}
        or {{error_message}}
    union
    select j.call from joined_text j where {{joined}} -- what spans chunks counts for the first of them
    {{raw}}
)
