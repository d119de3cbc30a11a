-- The subjects that have a place.
select dimension, subject, calls, hours, days, first_day, last_day
from baseline_subject
where kept
order by dimension, subject;
