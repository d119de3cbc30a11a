-- How many matches each rule has.
select rule, n from sigma_count order by rule
