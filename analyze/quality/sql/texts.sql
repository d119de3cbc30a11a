-- The unique texts that may hold a secret, and the events that show them first.
select first_event, text
from content
where regexp_matches(text, $pattern)
