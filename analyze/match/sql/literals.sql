-- What indicators put together of the terms that were found: the literals of
-- each alternative that can hold, and how many of them must be there.
create or replace temp table match_literal as
select unnest($indicator::bigint[]) as indicator, unnest($alternative::bigint[]) as alternative, unnest($term::bigint[]) as term, unnest($negated::boolean[]) as negated
