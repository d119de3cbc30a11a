-- How many calls say a thing.
select value from coverage_of_calls where name = $column
