address.country as src_country, address.city as src_city, address.asn as src_asn, address.network as src_network
