-- Records without an id of their own of which there are several.
create or replace temp table repeat_candidate as
with again as (
    select h from hash_index where kind = 'record' group by h having count(*) > 1
)
select i.eid
from hash_index i
semi join again a on a.h = i.h
where i.kind = 'record';

create or replace temp table repeat (eid bigint, of_eid bigint);

-- Records that repeat another of the case, whose times are that one's.
create or replace temp view copied as
select eid from repeat union all select eid from duplicate;
