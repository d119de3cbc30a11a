-- The numbers that texts state, by a hash, with what each is of, 0 where that is not known.
create or replace temp table stated as
select distinct hash, number, what
from text_number
order by all
