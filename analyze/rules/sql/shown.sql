with sigma_row as materialized (
{{rows}}
)
{{hits}}
