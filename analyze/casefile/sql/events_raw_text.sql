coalesce(try(decode(r.raw)), r.raw::varchar)
