left join address on address.src_ip = e.src_ip
