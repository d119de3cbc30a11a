-- The wordings of events: what they say in words, with a hash of it. Each format is
-- asked for the columns that it has, which are fewer than there are.
create or replace temp table call_wording as
select hash({{words}}) as h, {{words}}
from (
    {{wordings}}
    select {{words}} from merged_call
)
group by {{words}};
