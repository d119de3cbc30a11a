select {{selected}}
from (select {{said}} from call_part e where {{condition}} group by {{said}})
union all
