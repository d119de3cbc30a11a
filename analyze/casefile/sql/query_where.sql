select 1
from anything
where (
{{where}}
)
