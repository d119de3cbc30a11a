-- The spans that name the one they are part of, and whether that is in the case;
-- and which traces have their root there, a span that is part of none.
create or replace temp table hole_trace as
select trace_id, bool_or(coalesce(parent_span_id, '') = '') as rooted
from events
where span_id <> '' and trace_id <> ''
group by trace_id;

create or replace temp table hole_span as
select e.format, e.app, e.trace_id, e.span_id, e.parent_span_id as parent, e.eid, e.ts, coalesce(e.ts_end, e.ts) as ts_end, t.rooted, p.id is not null as there
from events e
join hole_trace t on t.trace_id = e.trace_id
left join (select distinct span_id as id from events_all where span_id <> '') p on p.id = e.parent_span_id
where e.span_id <> '' and e.parent_span_id <> '' and e.parent_span_id <> e.span_id;

-- A span is written when it ends, so that a log may hold the parts of one that
-- it does not hold yet, and a log that is cut by when spans began those of one
-- that began before: how long spans last says how near to its ends.
create or replace temp table hole_span_log as
select format, app, min(ts) as first, max(coalesce(ts_end, ts)) as last, max(coalesce(ts_end, ts) - ts) as longest
from events
where span_id <> ''
group by format, app;
