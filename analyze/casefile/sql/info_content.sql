-- How many texts there are, and how large: each once, and as often as events
-- have them, duplicates too. Sizes are bytes.
with stored as (
    select segment, row, 1 as place, system_prompt_hash as hash, strlen(system_prompt) as size
    from read_parquet({{events}}) where content_first & 1 <> 0
    union all
    select segment, row, 2, prompt_hash, strlen(prompt) from read_parquet({{events}}) where content_first & 2 <> 0
    union all
    select segment, row, 4, response_hash, strlen(response) from read_parquet({{events}}) where content_first & 4 <> 0
    union all
    select segment, row, 8, reasoning_hash, strlen(reasoning) from read_parquet({{events}}) where content_first & 8 <> 0
    union all
    select segment, row, 0, hash, strlen(text) from {{content}}
),
kept as (
    select s.hash, s.size
    from stored s
    anti join content_repeat r on r.segment = s.segment and r.row = s.row and r.place = s.place
),
own as (
    select
        count(system_prompt_hash) + count(prompt_hash) + count(response_hash) + count(reasoning_hash) as n,
        sum(coalesce(strlen(system_prompt), 0) + coalesce(strlen(prompt), 0) + coalesce(strlen(response), 0) + coalesce(strlen(reasoning), 0)) as size
    from read_parquet({{events}})
),
part as (
    select count(*) as n, sum(k.size) as size
    from {{uses}} u
    join kept k on k.hash = u.hash
)
select
    (select count(*) from kept), (select coalesce(sum(size), 0)::bigint from kept),
    own.n + part.n, (coalesce(own.size, 0) + coalesce(part.size, 0))::bigint
from own, part
