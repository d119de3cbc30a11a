-- How many met the things, and calls of those beyond the limit.
select count(*), coalesce(sum(calls) filter (subject > $limit), 0)::bigint
from subject
