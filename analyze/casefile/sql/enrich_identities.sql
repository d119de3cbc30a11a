select distinct value
from (
    select distinct principal as value from read_parquet({{events}})
    union all select distinct credential_id from read_parquet({{events}})
    union all select distinct end_user from read_parquet({{events}})
)
where value <> ''
order by value
