-- How many calls each log has in pieces, how many have several, and how many
-- all numbers up to the last.
select format, count(*), count(*) filter (pieces > 1), count(*) filter (pieces = last)
from (
    select format, call, count(*) as pieces, max(sequence) as last
    from hole_piece
    group by format, call
)
group by format
order by format
