-- The events of an actor's throttled calls in a piece of time.
select eid from call where actor = $actor and at_us >= $first and at_us < $last and outcome = 'throttled' order by at_us, eid;
