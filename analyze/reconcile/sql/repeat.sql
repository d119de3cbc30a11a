-- Records without an id of their own that stand in one evidence again, to the
-- byte, although they name a request, a response, a span or a message, which are
-- there once. A call in them is not another call.
insert into repeat
select eid, of_eid
from (
    select e.eid, first_value(e.eid) over (partition by e.evidence_id, e.record_sha256, e.part order by e.record) as of_eid
    from events e
    semi join repeat_candidate c on c.eid = e.eid
    where coalesce(e.request_id, e.response_id, e.span_id, e.message_id) is not null
)
where eid <> of_eid
