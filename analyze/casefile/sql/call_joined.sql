-- The events of calls that several show.
(
    select coalesce(said, gateway, trace, client, who, other) as eid,
        who as in_who, said as in_said, gateway as in_gateway, trace as in_trace, client as in_client, other as in_other
    from joined_call
    where coalesce(who, said, gateway, trace, client, other) is not null
)
