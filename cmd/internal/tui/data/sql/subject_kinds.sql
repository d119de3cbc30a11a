-- In how many events each column has a value.
select {{counts}} from events
