-- Calls that were merged.
select e.call as eid, {{columns}}, null::varchar as cost_basis
from (select m.*, epoch_us({{merged}}) as at_us from merged_call m {{merging}}) e
