left join (
    select eid, hash({{words}}) as h, {{numbers}}
    from call_part e
    where {{condition}}
) {{name}} on {{name}}.eid = j.{{name}}
