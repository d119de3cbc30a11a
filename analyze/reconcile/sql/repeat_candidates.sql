-- How many such records there are.
select count(*) from repeat_candidate
