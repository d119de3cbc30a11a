-- What the enrichment of the case says, in counts.
select
    (select count(*) from address),
    (select count(*) from address where country is not null or asn is not null),
    (select count(*) from address where network is not null),
    (select count(*) from identity where basis = 'list'),
    (select count(*) from identity where basis = 'calls'),
    (select count(distinct value) from identity_conflict),
    count(*),
    count(person),
    count(*) filter (cost_basis like 'prices: %')
from events
