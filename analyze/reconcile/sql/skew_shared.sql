-- How many calls each set of sources shares.
select mask, count(*) as calls from saw where bit_count(mask) > 1 group by mask order by mask
