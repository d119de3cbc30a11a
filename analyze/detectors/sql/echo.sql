-- The answers in which several passages of some system prompt stand.
create or replace temp table echo (hash blob)
