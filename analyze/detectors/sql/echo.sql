-- The answers in which several passages of some system prompt stand.
create or replace temp table echo as
select hash from text_echo order by hash
