case when {{signal}} then {{value}}::bigint else 0 end
