regexp_full_match(e.{{column}}::varchar, {{values}}, 's')
