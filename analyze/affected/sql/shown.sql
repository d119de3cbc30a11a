-- The things whose meetings are told in full.
create or replace temp table shown as
select unnest($things) as thing;
