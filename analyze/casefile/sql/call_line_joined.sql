-- Calls that several events show.
select eid, {{columns}}, null::varchar as cost_basis
from {{line}} e
