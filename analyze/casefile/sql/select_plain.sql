select {{columns}}
from (
{{query}}
) as query({{names}})
limit {{limit}}
