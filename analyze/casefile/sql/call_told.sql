-- What the events of one role say: the hash of the words, and numbers.
create or replace temp table call_told_{{name}} as
select eid, hash({{words}}) as h, {{numbers}}
from call_part
where told_by = '{{told_by}}';
