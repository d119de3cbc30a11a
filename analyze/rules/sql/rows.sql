select
    {{columns}}
from {{view}} e
{{where}}
