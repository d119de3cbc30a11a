-- How many different texts were asked.
select count(distinct prompt) from said
