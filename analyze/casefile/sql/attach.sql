attach {{path}} as derived (read_only)
