-- Where each indicator was seen. Alternatives of one term are seen where it is.
create or replace temp table match_simple as
select any_value(indicator) as indicator, any_value(term) as term
from match_literal
group by alternative
having count(*) = 1;

create or replace temp table match_seen as
select s.indicator, h.place, h.eid
from search_hit h
join match_simple s on s.term = h.term
where s.indicator in (select indicator from match_simple group by indicator having count(*) = 1);

insert into match_seen
select distinct s.indicator, h.place, h.eid
from search_hit h
join match_simple s on s.term = h.term
where s.indicator in (select indicator from match_simple group by indicator having count(*) > 1);

-- The others need all their terms in one event, and none that must not be there.
create or replace temp table match_whole as
with need as (
    select indicator, alternative, count(*) filter (not negated) as wanted
    from match_literal
    group by indicator, alternative
    having count(*) > 1
),
held as (
    select distinct l.indicator, l.alternative, l.term, l.negated, h.eid
    from match_literal l
    join need n on n.alternative = l.alternative
    join search_hit h on h.term = l.term
)
select distinct h.indicator, h.alternative, h.eid
from held h
join need n on n.alternative = h.alternative
group by h.indicator, h.alternative, h.eid, n.wanted
having count(*) filter (not h.negated) = n.wanted and count(*) filter (h.negated) = 0;

insert into match_seen
select distinct w.indicator, h.place, w.eid
from match_whole w
join match_literal l on l.alternative = w.alternative and not l.negated
join search_hit h on h.term = l.term and h.eid = w.eid
anti join match_seen s on s.indicator = w.indicator and s.place = h.place and s.eid = w.eid
