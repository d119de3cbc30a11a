-- The hashes by which texts and records are found that stand in more than one
-- place: of every text where it stands first in its segment, and of every
-- record without a native id. What cannot be parsed is not matched.
insert into hash_index
select kind, h, eid, place
from (
    select 'content' as kind, hash(system_prompt_hash) as h, segment * 268435456 + row as eid, 1 as place
    from read_parquet({{events}}) where content_first & 1 <> 0
    union all
    select 'content', hash(prompt_hash), segment * 268435456 + row, 2 from read_parquet({{events}}) where content_first & 2 <> 0
    union all
    select 'content', hash(response_hash), segment * 268435456 + row, 4 from read_parquet({{events}}) where content_first & 4 <> 0
    union all
    select 'content', hash(reasoning_hash), segment * 268435456 + row, 8 from read_parquet({{events}}) where content_first & 8 <> 0
    union all
    select 'content', hash(hash), segment * 268435456 + row, 0 from {{content}}
    union all
    select 'record', hash(record_sha256), segment * 268435456 + row, 0
    from read_parquet({{events}}) where native_id is null and kind <> 'unparsed'
)
order by kind, h, eid, place;
