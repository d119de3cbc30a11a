-- Events that repeat the given event, that it repeats, and that share its
-- native id but differ.
select 'copy' as how, eid as other from duplicate where of_eid = $eid
union all
select 'original', of_eid from duplicate where eid = $eid
union all
select 'conflict', eid from conflict where with_eid = $eid
union all
select 'conflict', with_eid from conflict where eid = $eid
order by how, other
limit {{limit}}
