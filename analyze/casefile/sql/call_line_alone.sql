-- Calls that one event shows.
insert into call_line
select
    e.eid, substr(sha256(coalesce('request:' || e.request_id, 'response:' || e.response_id, 'event:' || i.evidence_id || '-' || e.record || '.' || e.part)), 1, 16),
    {{no_hashes}} hash({{words}}), e.at_us,
    e.latency_us, e.ttft_us, e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens, e.cost_usd, e.bytes_in, e.bytes_out
from call_part e
join evidence i on i.evidence = e.evidence
anti join call_event c on c.eid = e.eid
anti join duplicate d on d.eid = e.eid
where e.counted;
