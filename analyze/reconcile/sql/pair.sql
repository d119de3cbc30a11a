-- What each two sources say of the calls that both show: how many calls there
-- are for each two strata and code. A code has an octal digit for each field,
-- from the last: 0 where neither has it, 1 where they agree, 2 where they
-- differ, 3 where only the one with the lower bit has it, 4 where only the other
-- has it. Texts are compared where both logs have all of them. Some count the
-- tokens of a cache among the input tokens, and some apart: both agree.
create or replace temp table told as
select
    s.call, s.eid, b.bit, s.stratum,
    hash(s.session_id) as session, s.session_id is null as no_session,
    hash(s.credential_id) as credential, s.credential_id is null as no_credential,
    case when s.content_state in ('present', 'partial') then s.system_prompt_hash end as system_prompt,
    case when s.content_state in ('present', 'partial') then s.prompt_hash end as prompt,
    case when s.content_state in ('present', 'partial') then s.response_hash end as response,
    s.input_tokens as fresh,
    s.input_tokens + coalesce(s.cache_read_tokens, 0) as fresh_read,
    s.input_tokens + coalesce(s.cache_read_tokens, 0) + coalesce(s.cache_write_tokens, 0) as fresh_read_write,
    s.output_tokens, s.cache_read_tokens, s.cache_write_tokens
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane;

create or replace temp table pair as
select
    a.bit as a, b.bit as b, a.stratum as a_stratum, b.stratum as b_stratum,
    case when a.no_session then case when b.no_session then 0 else 4 end when b.no_session then 3
        when a.session = b.session then 1 else 2 end
    + 8 * case when a.no_credential then case when b.no_credential then 0 else 4 end when b.no_credential then 3
        when a.credential = b.credential then 1 else 2 end
    + 64 * case when a.system_prompt is null then case when b.system_prompt is null then 0 else 4 end when b.system_prompt is null then 3
        when a.system_prompt = b.system_prompt then 1 else 2 end
    + 512 * case when a.prompt is null then case when b.prompt is null then 0 else 4 end when b.prompt is null then 3
        when a.prompt = b.prompt then 1 else 2 end
    + 4096 * case when a.response is null then case when b.response is null then 0 else 4 end when b.response is null then 3
        when a.response = b.response then 1 else 2 end
    + 32768 * case when a.fresh is null then case when b.fresh is null then 0 else 4 end when b.fresh is null then 3
        when a.fresh = b.fresh or a.fresh_read = b.fresh or a.fresh = b.fresh_read
            or a.fresh_read_write = b.fresh or a.fresh = b.fresh_read_write then 1 else 2 end
    + 262144 * case when a.output_tokens is null then case when b.output_tokens is null then 0 else 4 end when b.output_tokens is null then 3
        when a.output_tokens = b.output_tokens then 1 else 2 end
    + 2097152 * case when a.cache_read_tokens is null then case when b.cache_read_tokens is null then 0 else 4 end when b.cache_read_tokens is null then 3
        when a.cache_read_tokens = b.cache_read_tokens then 1 else 2 end
    + 16777216 * case when a.cache_write_tokens is null then case when b.cache_write_tokens is null then 0 else 4 end when b.cache_write_tokens is null then 3
        when a.cache_write_tokens = b.cache_write_tokens then 1 else 2 end
    as code,
    count(*) as calls
from told a
join told b on b.call = a.call and b.bit > a.bit
group by all;
