-- Whether there are events of calls that are no part of a joined call, and prices.
select
    coalesce((select sum(counted) from call_teller), 0) > (select count(*) from call_event where counted),
    exists (from price);
