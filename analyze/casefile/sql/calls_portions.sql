select coalesce(max(portion) + 1, 0) from merging
