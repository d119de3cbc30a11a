({{known}} and {{group}} not in (
    select {{group}}
    from sigma_row e
    where {{when}}
    group by 1
    having {{enough}}
)) is not true
