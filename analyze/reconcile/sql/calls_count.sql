-- How many calls there are.
select count(*) from saw
