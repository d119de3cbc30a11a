-- The events of a subject's slow calls in a piece of time.
select eid
from call
where actor = $actor and concat_ws(' ', actor, 'on', model, 'in', region) = $subject and at_us >= $first and at_us < $last
    and latency_us > 0 and outcome = 'success' and latency_us // (20 + greatest(coalesce(output_tokens, 0), 0)) >= $least
order by at_us, eid;
