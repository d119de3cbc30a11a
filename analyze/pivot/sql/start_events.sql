-- The units of the events to start from.
insert into pivot_start
select distinct unit from pivot_unit where eid in (select unnest($eids::bigint[]))
