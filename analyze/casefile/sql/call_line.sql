-- Every call with the hashes of its wordings by role and what was measured of it:
-- calls that several events show, and calls that were merged and have one wording.
create or replace temp table call_line as
select coalesce(j.said, j.gateway, j.trace, j.client, j.who, j.other) as eid, j.call_id, {{hashes}} null::ubigint as alone_h, {{measures}}
from joined_call j
{{line_joins}}
where coalesce(j.who, j.said, j.gateway, j.trace, j.client, j.other) is not null;

insert into call_line
select
    m.call, j.call_id, {{no_hashes}} hash({{merged_words}}), epoch_us({{merged}}),
    m.latency_us, m.ttft_us, m.input_tokens, m.output_tokens, m.cache_read_tokens, m.cache_write_tokens, m.cost_usd, m.bytes_in, m.bytes_out
from merged_call m
join joined_call j on j.call = m.call
{{merging}};
