-- Where addresses are.
create or replace temp table words_of_src_ip as
select value, network, country, asn
from (select try_cast(src_ip as {{type}}) as value, network::{{type_network}} as network, country::{{type_country}} as country, asn from address)
where value is not null;
