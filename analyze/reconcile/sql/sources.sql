-- The sources that show calls, in the order of their bits.
select format, coalesce(plane, ''), coalesce(role, ''), bit, events from seen_by order by bit
