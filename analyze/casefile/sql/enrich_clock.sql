-- What each correction of a clock corrects.
select k.source, count(*), sum(v.events)::bigint
from clock k
join evidence v on v.evidence = k.evidence
group by k.source
order by k.source
