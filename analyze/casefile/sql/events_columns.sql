-- The columns of the events view.
select column_name, column_type
from (describe events)
