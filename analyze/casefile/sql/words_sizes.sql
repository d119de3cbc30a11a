-- How many different words there are, their bytes, and whether one is empty.
select count(*) as n, coalesce(sum(strlen(value)), 0)::bigint as bytes, coalesce(bool_or(value = ''), false) as blank
from words;
