select {{columns}}
from (
{{query}}
) as query({{names}})
