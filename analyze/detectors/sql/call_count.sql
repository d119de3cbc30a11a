-- How many calls there are.
select count(*) from call
