-- The calls that one source ($from) shows and another ($to) does not, of those
-- strata of which it should; the first $limit in order of time. A scope is where
-- a provider keeps a log of its own: an account and a region, and whether vectors
-- are made, for which logging is switched apart. Within its scope a call is told
-- how much of $to comes before it, and when the last before it and the first
-- after it are; calls that $from does not show count there too.
with shown as (
    select
        s.call, s.eid, s.event_id, s.ts, s.stratum, w.mask, t.tenant, t.region, t.vectors, w.mask >> $to & 1 = 1 as covered
    from sight s
    join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
    join saw w on w.call = s.call
    join stratum t on t.bit = b.bit and t.stratum = s.stratum and t.mask = w.mask
    where b.bit = $from or b.bit = $to and w.mask >> $from & 1 = 0
),
scoped as (
    select *,
        case when $scoped then coalesce(tenant, '') end as account,
        case when $scoped then coalesce(region, '') end as place,
        case when $scoped then vectors end as embeds
    from shown
),
lined as (
    select *,
        count(*) filter (covered) over before as shown_before,
        max(ts) filter (covered) over before as last_shown,
        min(ts) filter (covered) over after as next_shown
    from scoped
    window
        before as (partition by account, place, embeds order by ts nulls last, eid rows between unbounded preceding and current row),
        after as (partition by account, place, embeds order by ts nulls last, eid rows between current row and unbounded following)
)
select
    call, eid, event_id, epoch_us(ts), stratum, vectors, mask, shown_before, epoch_us(last_shown), epoch_us(next_shown)
from lined
where not covered and stratum in (select unnest(from_json($strata, '["UBIGINT"]')))
order by ts nulls last, eid
limit $limit
