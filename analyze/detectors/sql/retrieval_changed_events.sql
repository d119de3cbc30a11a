-- The questions of a span that were answered from other documents than the time before.
select eid, coalesce(actor, ''), at_us
from read_again
where documents <> before and subject = $subject and at_us >= $from and at_us < $to
order by at_us, eid
limit 10000
