-- When a rule matched.
select distinct ts from sigma_match where rule = $rule and ts is not null order by ts
