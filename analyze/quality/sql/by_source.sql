-- How many units of each source have which signals.
select source, bits, count(*)
from unit
group by source, bits
order by source, bits
