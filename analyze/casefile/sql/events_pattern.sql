and regexp_full_match(e.{{column}}, {{pattern}}, 's')
