-- The events of a subject's slow calls in a piece of time.
select eid
from call
where actor = $actor and concat_ws(' ', actor, 'on', model, 'in', region) = $subject and at_us >= $first and at_us < $last
    and ttft_us > 0 and outcome = 'success' and ttft_us >= $least
order by at_us, eid;
