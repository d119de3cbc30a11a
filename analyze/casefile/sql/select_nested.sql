to_json({{column}})::varchar
