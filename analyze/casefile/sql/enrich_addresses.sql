select distinct src_ip from read_parquet({{events}}) where src_ip <> '' order by src_ip
