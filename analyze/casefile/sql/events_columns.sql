-- The columns of the events view.
select column_name, data_type
from (describe events)
