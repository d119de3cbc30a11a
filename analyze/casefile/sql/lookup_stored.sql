-- The rows of the segments as they are stored, duplicates too, with the number
-- of their event. A condition on a column reaches the segments.
create or replace temp view stored_event as
select e.*, e.segment * 268435456 + e.row as eid
from read_parquet({{events}}) e;

create or replace temp view stored_use as
select u.*, u.segment * 268435456 + u.row as eid
from {{uses}} u;
