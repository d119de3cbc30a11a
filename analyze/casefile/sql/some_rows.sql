(
    select p.*, n.* exclude ({{columns}})
    from some_row p
    left join (select * from read_parquet({{events}}) where false) n on false
)
