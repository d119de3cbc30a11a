-- How many values a column of words has, and their bytes.
select count(*) as n, coalesce(sum(strlen(value)), 0)::bigint as bytes
from (select distinct {{column}} as value from call_words);
