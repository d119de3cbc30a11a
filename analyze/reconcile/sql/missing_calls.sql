-- The calls that one source ($from) shows and another ($to) does not, of those
-- strata of which it should; the first $limit in order of time. A scope is where
-- a provider keeps a log of its own: an account and a region, and whether vectors
-- are made, for which logging is switched apart. Within its scope a call is told
-- how many of $to come before it, and when the last before it and the first
-- after it are; calls that $from does not show count there too. (Running counts
-- and extremes over these windows take 30 times as long.)
with shown as (
    select
        s.call, s.eid, s.ts, s.stratum, w.mask, coalesce(t.vectors, false) as vectors, w.mask >> $to & 1 = 1 as covered,
        case when $scoped then coalesce(t.tenant, '') else '' end as account,
        case when $scoped then coalesce(t.region, '') else '' end as place,
        $scoped and coalesce(t.vectors, false) as embeds
    from sight s
    join seen_by b on b.format = s.format and b.plane is not distinct from s.plane
    join saw w on w.call = s.call
    join stratum t on t.bit = b.bit and t.stratum = s.stratum and t.mask = w.mask
    where b.bit = $from or b.bit = $to and w.mask >> $from & 1 = 0
),
lined as (
    select *,
        row_number() over (partition by account, place, embeds order by ts nulls last, eid) as number,
        row_number() over (partition by account, place, embeds, covered order by ts nulls last, eid) as own_number
    from shown
),
lost as (
    select *, number - own_number as before
    from lined
    where not covered and stratum in (select unnest(from_json($strata, '["UBIGINT"]')))
)
select
    l.call, l.eid, epoch_us(l.ts), l.stratum, l.vectors, l.mask, l.before, epoch_us(p.ts), epoch_us(n.ts)
from lost l
left join lined p on p.covered and p.account = l.account and p.place = l.place and p.embeds = l.embeds and p.own_number = l.before
left join lined n on n.covered and n.account = l.account and n.place = l.place and n.embeds = l.embeds and n.own_number = l.before + 1
order by l.ts nulls last, l.eid
limit $limit
