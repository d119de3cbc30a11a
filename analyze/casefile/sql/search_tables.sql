-- What a search found, as it was found, and the events that have it. A place
-- is a number of SearchPlaces.
create or replace temp table search_word (term integer, place integer, value varchar);
create or replace temp table search_row (term integer, place integer, eid bigint);
create or replace temp table search_said (term integer, hash blob);
create or replace temp table search_raw (term integer, segment bigint, evidence bigint, record bigint);
create or replace temp table search_whole (term integer, value varchar);
create or replace temp table search_hit (term integer, place integer, eid bigint)
