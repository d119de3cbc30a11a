-- The network of each source address.
create or replace temp table network_of as
select unnest(from_json($networks, '[{"address":"VARCHAR","network":"VARCHAR"}]'), recursive := true)
