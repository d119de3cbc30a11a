-- How many strata there are.
select count(*) from stratum
