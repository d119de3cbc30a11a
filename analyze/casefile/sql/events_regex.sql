regexp_matches({{text}}, $regex)
