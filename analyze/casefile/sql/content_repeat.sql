-- Of the places that were there before, only the kept one can still be first.
create or replace temp table place_of as
select p.segment, p.row, p.place
from (
    select i.eid // 268435456 as segment, i.eid % 268435456 as row, i.place
    from hash_index i
    semi join repeated_h r on r.h = i.h
    where i.kind = 'content'
) p
anti join content_repeat c on c.segment = p.segment and c.row = p.row and c.place = p.place;

create or replace temp table located as
select
    p.segment, p.row, p.row as event_row, p.place,
    case p.place when 1 then e.system_prompt_hash when 2 then e.prompt_hash when 4 then e.response_hash else e.reasoning_hash end as hash
from (select * from place_of where place <> 0) p
join read_parquet({{all_events}}) e on e.segment = p.segment and e.row = p.row
union all
select p.segment, p.row, c.event_row, p.place, c.hash
from (select * from place_of where place = 0) p
join {{all_content}} c on c.segment = p.segment and c.row = p.row;

create or replace temp table repeated as
select l.*
from located l
semi join (select hash from located group by hash having count(*) > 1) m on m.hash = l.hash;

insert into content_repeat
select r.segment, r.row, r.place
from repeated r
join read_parquet({{all_events}}) e on e.segment = r.segment and e.row = r.event_row
join evidence i on i.evidence = e.evidence
qualify row_number() over (partition by r.hash order by e.ts nulls last, i.evidence_id, e.record, e.part, r.place) > 1
order by all;
