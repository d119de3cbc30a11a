regexp_full_match(e.{{column}}, {{values}}, 's')
