list_contains({{values}}, e.{{column}}::varchar)
