-- The events of calls that several show.
(
    select coalesce(said, gateway, trace, client, who, other) as eid, who, said, gateway, trace, client, other
    from joined_call
    where coalesce(who, said, gateway, trace, client, other) is not null
)
