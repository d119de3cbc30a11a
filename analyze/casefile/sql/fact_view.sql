-- What one finder found in texts, of each text where it first stands.
create or replace temp view {{view}} as
select {{columns}}
from {{facts}} f
anti join content_repeat r on r.segment = f.segment and r.row = f.row and r.place = f.place
