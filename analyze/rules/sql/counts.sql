-- How many matches each rule has.
select rule, count(*) from sigma_match group by rule order by rule
