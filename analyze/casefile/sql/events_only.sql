and e.eid in (select unnest({{eids}}::bigint[]))
