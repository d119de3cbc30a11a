-- What each actor used in each hour, in the order of time.
select actor, value, at_us, coalesce(role, '') as role, coalesce(app, '') as app, coalesce(principal_type, '') as principal_type, calls, first_at, last_at
from feature_value_hour
where attribute = $attribute
order by at_us, actor, value
