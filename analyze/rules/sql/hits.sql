select
    {{rule}} as rule,
    epoch_us(e.ts_corrected) as ts,
    split_part(e.event_id, '-', 1) as evidence,
    try_cast(split_part(split_part(e.event_id, '-', 2), '.', 1) as bigint) as record,
    coalesce(try_cast(split_part(split_part(e.event_id, '-', 2), '.', 2) as bigint), 0) as part,
    e.event_id, e.principal, e.operation, e.src_ip, e.outcome, e.model,
    [{{fields}}]::varchar[] as fields
from sigma_row e
where
    {{when}}
