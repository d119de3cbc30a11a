-- What each two sources say of the calls that both show: how many calls there
-- are for each two strata and code. A code has an octal digit for each field: 0
-- where neither source has it, 1 where they agree, 2 where they differ, 3 where
-- only the one with the lower bit has it, 4 where only the other has it. Texts
-- are compared where a log has all of them. Some count the tokens of a cache
-- among the input tokens, and some apart: both agree.
create or replace temp macro field_digit(x, y) as
    case
        when x is null then case when y is null then 0 else 4 end
        when y is null then 3
        when x = y then 1
        else 2
    end;

create or replace temp macro told_code(x, y) as
    field_digit(x.session, y.session)
    + 8 * field_digit(x.credential, y.credential)
    + 64 * field_digit(x.system_prompt, y.system_prompt)
    + 512 * field_digit(x.prompt, y.prompt)
    + 4096 * field_digit(x.response, y.response)
    + 32768 * case
        when field_digit(x.fresh, y.fresh) <> 2 then field_digit(x.fresh, y.fresh)
        when y.fresh in (x.fresh_read, x.fresh_read_write) or x.fresh in (y.fresh_read, y.fresh_read_write) then 1
        else 2
    end
    + 262144 * field_digit(x.output_tokens, y.output_tokens)
    + 2097152 * field_digit(x.cache_read_tokens, y.cache_read_tokens)
    + 16777216 * field_digit(x.cache_write_tokens, y.cache_write_tokens);

create or replace temp view told as
select
    s.call, s.eid, b.bit, s.stratum, s.session, s.credential, s.system_prompt, s.prompt, s.response,
    s.input_tokens as fresh,
    s.input_tokens + coalesce(s.cache_read_tokens, 0) as fresh_read,
    s.input_tokens + coalesce(s.cache_read_tokens, 0) + coalesce(s.cache_write_tokens, 0) as fresh_read_write,
    s.output_tokens, s.cache_read_tokens, s.cache_write_tokens
from sight s
join seen_by b on b.format = s.format and b.plane is not distinct from s.plane;

create or replace temp table told_pair as
select
    a.bit as a, b.bit as b, a.stratum as a_stratum, b.stratum as b_stratum,
    told_code(a, b) as code,
    count(*) as calls
from told a
join told b on b.call = a.call and b.bit > a.bit
group by all;
