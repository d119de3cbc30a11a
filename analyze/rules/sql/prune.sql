-- Matches of a rule whose group cannot make the correlation hold, whatever the
-- time of each is.
delete from sigma_match
where rule = {{rule}}
and {{known}}
and {{group}} not in (
    select {{other}}
    from sigma_match
    where rule in ({{rules}})
    group by 1
    having {{enough}}
)
