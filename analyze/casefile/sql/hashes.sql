-- The hashes by which texts and records are found that stand in more than one
-- place: of every text where it stands first in its segment, and of every
-- record without a native id. What cannot be parsed is not matched.
-- needs system_prompt
insert into hash_index
select 'content', hash(system_prompt_hash) as h, segment * 268435456 + row, 1
from read_parquet({{events}})
where content_first & 1 <> 0
order by h, 3;

-- needs prompt
insert into hash_index
select 'content', hash(prompt_hash) as h, segment * 268435456 + row, 2
from read_parquet({{events}})
where content_first & 2 <> 0
order by h, 3;

-- needs response
insert into hash_index
select 'content', hash(response_hash) as h, segment * 268435456 + row, 4
from read_parquet({{events}})
where content_first & 4 <> 0
order by h, 3;

-- needs reasoning
insert into hash_index
select 'content', hash(reasoning_hash) as h, segment * 268435456 + row, 8
from read_parquet({{events}})
where content_first & 8 <> 0
order by h, 3;

-- needs content
insert into hash_index
select 'content', hash(hash) as h, segment * 268435456 + row, 0
from {{content}}
order by h, 3;

insert into hash_index
select 'record', hash(record_sha256) as h, segment * 268435456 + row, 0
from read_parquet({{events}})
where native_id is null and kind <> 'unparsed'
order by h, 3;
