-- The columns that some event has, with commas between, whether calls were merged, and
-- whether the autonomous system of some address is known.
select
    coalesce((select string_agg(distinct column_name, ',' order by column_name) from coverage where events > 0), ''),
    exists (from merged_call),
    exists (from address where asn is not null);
