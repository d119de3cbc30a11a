-- Who met the things, by rank.
select subject, principal, calls, events, epoch_us(first), epoch_us(last), first_eid
from subject
where subject <= $limit
order by subject
