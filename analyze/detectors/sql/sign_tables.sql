-- What texts show: the signs of each unique text.
create or replace temp table sign as
select hash, role, kind, label, score, start_at, end_at, via
from text_sign
order by all;
