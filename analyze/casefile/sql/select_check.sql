select 1
from {{view}}
where (
{{where}}
)
