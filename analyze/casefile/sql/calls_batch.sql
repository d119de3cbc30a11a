-- Requests and replies of batches, which stand in files of their own and have
-- nothing in common but the custom_id that the caller gave them. It repeats from
-- batch to batch, so that files are paired first: a file of replies belongs to
-- the only file of requests that has all of its ids. Where several have, or
-- none, the sides stay apart.
create or replace temp table batch_line as
select i.h, i.eid, e.evidence, e.format, e.sequence
from identifier_index i
join read_parquet({{all_events}}) e on e.segment = i.eid // 268435456 and e.row = i.eid % 268435456
where i.kind = 'custom_id' and e.sequence in (1, 2);

create or replace temp table batch_pair as
with fits as (
    select r.evidence as reply, q.evidence as request, count(distinct r.h) as ids
    from batch_line r
    join batch_line q on q.h = r.h and q.format = r.format and q.sequence = 1
    where r.sequence = 2
    group by all
),
complete as (
    select f.reply, f.request
    from fits f
    join (select evidence, count(distinct h) as ids from batch_line where sequence = 2 group by evidence) a
        on a.evidence = f.reply and a.ids = f.ids
)
select reply, min(request) as request from complete group by reply having count(*) = 1;

-- What this load may have changed: lines of files that share an id with a new
-- line. They are looked at again, alone where they are not paired any more.
create or replace temp table batch_touched as
select distinct l.evidence
from batch_line l
semi join (select h from batch_line where eid >= $first) n on n.h = l.h;

insert into link
select hash(l.h, p.request), 'call_batch', l.eid, l.eid
from batch_line l
join (
    select reply as evidence, request, 2 as sequence from batch_pair
    union all
    select distinct request, request, 1 from batch_pair
) p on p.evidence = l.evidence and p.sequence = l.sequence
where l.evidence in (select evidence from batch_touched);

insert into link
select hash(eid), 'call_alone', eid, eid
from batch_line
where evidence in (select evidence from batch_touched);

drop table batch_line;
drop table batch_pair;
drop table batch_touched;
