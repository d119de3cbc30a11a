-- Grants of policies that only let look at settings.
select eid from granted where looks order by eid
