select model, sum(calls)::bigint as calls
from policy_call
where model <> ''
group by model
order by calls desc, model
limit $limit;
