-- Who acted from an address in some span of time: of what came from it then and says
-- who did it, nine of ten at least are of one actor, and it is enough to tell. An
-- office behind one address is nobody.
with asked as (
    select ask.id, ask.address, ask.from_us, ask.to_us
    from (select unnest(from_json($asked, '[{"id":"VARCHAR","address":"VARCHAR","from_us":"BIGINT","to_us":"BIGINT"}]')) as ask)
),
named as (
    select address, actor, at_us from act where address in (select address from asked) and actor <> address
    union all
    select address, actor, at_us from call where address in (select address from asked) and actor <> address
),
counted as (
    select a.id, n.actor, count(*) as n, sum(count(*)) over (partition by a.id) as everything
    from asked a
    join named n on n.address = a.address and n.at_us between a.from_us and a.to_us
    group by a.id, n.actor
)
select id, actor::varchar from counted where n * 10 >= everything * 9 and everything >= 10 order by id
