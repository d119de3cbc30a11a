-- How many units have which signals in any of the sources that show them, and
-- which sources these are: source n has bit n.
select sources, bits, count(*)
from (select bit_or(1::bigint << source) as sources, bit_or(bits) as bits from unit group by call)
group by sources, bits
order by sources, bits
