-- How many digits tell the hashes of all evidence apart, so that a reader need
-- not read them all to name an event: one more than neighbours in their order
-- share, and no fewer than people are shown. 64 when some share 16 or more.
delete from about where key = 'evidence_digits';
insert into about
with neighbour as (
    select left(evidence_id, 16) as digits, lag(left(evidence_id, 16)) over (order by evidence_id) as before
    from evidence
    where evidence is not null
),
shared as (
    select case when digits = before then 63 else 16 - length(hex(xor(('0x' || digits)::ubigint, ('0x' || before)::ubigint))) end as n
    from neighbour
    where before is not null
)
select 'evidence_digits', greatest(8, 1 + coalesce(max(n), 0))::varchar
from shared;
