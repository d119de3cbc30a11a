-- Texts that stand in more than one segment: every place but the first in time.
create or replace temp table repeated_h as
select h
from hash_index
where kind = 'content'
    and h in (select h from hash_index where kind = 'content' and eid >= $first) -- when extending
group by h
having count(*) > 1;
