select coalesce(sum(part_of), 0)::varchar from link
