-- How many acts say a thing.
select value from coverage_of_acts where name = $column
