-- Where an event e stands towards the call it shows. A capture of what was sent
-- and answered says what the provider's own logs would, and stands where they do.
case
    when list_contains({{gateways}}::varchar[], e.format) then 'gateway'
    when list_contains({{traces}}::varchar[], e.format) then 'trace'
    when list_contains({{clients}}::varchar[], e.format) or e.plane = 'agent' then 'client'
    when e.plane in ('access', 'content') then e.plane
    else 'other'
end
