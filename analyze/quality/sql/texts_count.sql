-- How many unique texts there are.
select count(distinct h)
from hash_index
where kind = 'content'
