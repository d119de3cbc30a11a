-- Texts that stand in more than one place of the segments: every place but the
-- first in time, and at the same time in the order of evidence, whatever the
-- order of loading.
create or replace temp table repeated as
with place_of as (
    select segment, row, row as event_row, 1 as place, system_prompt_hash as hash from read_parquet({{all_events}}) where content_first & 1 <> 0
    union all
    select segment, row, row, 2, prompt_hash from read_parquet({{all_events}}) where content_first & 2 <> 0
    union all
    select segment, row, row, 4, response_hash from read_parquet({{all_events}}) where content_first & 4 <> 0
    union all
    select segment, row, row, 8, reasoning_hash from read_parquet({{all_events}}) where content_first & 8 <> 0
    union all
    select segment, row, event_row, 0, hash from {{all_content}}
),
more_than_once as (
    select hash
    from place_of
    where hash(hash) in (select hash(hash) from place_of where segment >= $segment) -- when extending
    group by hash
    having count(*) > 1
)
select c.segment, c.row, c.event_row, c.place, c.hash
from place_of c
semi join more_than_once m on m.hash = c.hash;

delete from content_repeat c where exists (select 1 from repeated r where r.segment = c.segment and r.row = c.row and r.place = c.place);
insert into content_repeat
select r.segment, r.row, r.place
from repeated r
join read_parquet({{all_events}}) e on e.segment = r.segment and e.row = r.event_row
join evidence i on i.evidence = e.evidence
qualify row_number() over (partition by r.hash order by e.ts nulls last, i.evidence_id, e.record, e.part, r.place) > 1
order by all;
