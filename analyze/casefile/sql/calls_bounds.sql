select min(part_of) // 268435456, max(part_of) // 268435456 from link
