-- What each {{subject}} did: calls, once each however many events show them,
-- and events that are no calls. Model-related is what calls a model or tool and
-- what asks a model service for anything else. Equal ones are counted first, and
-- the tallies are made of these counts, which keeps memory small. Of each list,
-- the $top most frequent values are named, and the rest is summed up under the
-- rank after theirs.
with activity as (
    select true as is_call, ts, operation, outcome, service, region, src_ip, credential_id, user_agent, principal, principal_type, model
    from calls
    where (
{{where}}
        )
        and ($from::timestamptz is null or ts >= $from::timestamptz)
        and ($to::timestamptz is null or ts < $to::timestamptz)
    union all
    select false, ts, operation, outcome, service, region, src_ip, credential_id, user_agent, principal, principal_type, model
    from events
    where coalesce(kind, 'other') not in ('inference', 'embedding', 'retrieval', 'tool', 'guardrail')
        and (
{{where}}
        )
        and ($from::timestamptz is null or ts >= $from::timestamptz)
        and ($to::timestamptz is null or ts < $to::timestamptz)
),
judged as (
    select
        {{subject}} as subject, operation, region, src_ip, credential_id, user_agent, principal, principal_type, model,
        is_call or coalesce(regexp_matches(service, '(?i)bedrock|sagemaker|aiplatform|generativelanguage|cognitiveservices|openai|anthropic'), false) as of_model,
        case when outcome = 'success' then 'success' when outcome in ('denied', 'error', 'throttled', 'blocked') then 'failed' else 'unknown' end as ended,
        count(*) as n, min(ts) as first_ts, max(ts) as last_ts
    from activity
    group by all
),
tally as (
    select
        subject,
        case grouping(of_model, region, src_ip, credential_id, user_agent, principal, principal_type, model)
            when 127 then case when of_model then 'model_' else 'other_' end || ended
            when 191 then 'regions' when 223 then 'src_ips' when 239 then 'credentials' when 247 then 'user_agents'
            when 251 then 'principals' when 253 then 'principal_types' when 254 then 'models'
        end as list,
        coalesce(operation, region, src_ip, credential_id, user_agent, principal, principal_type, model) as value,
        sum(n)::bigint as n, min(first_ts) as first_ts, max(last_ts) as last_ts
    from judged
    group by grouping sets (
        (subject), (subject, of_model, ended, operation), (subject, region), (subject, src_ip), (subject, credential_id),
        (subject, user_agent), (subject, principal), (subject, principal_type), (subject, model)
    )
),
subjects as (
    select subject, row_number() over (order by n desc, subject nulls last) as place, count(*) over () as subjects
    from tally
    where list is null
    qualify $limit::bigint = 0 or place <= $limit
),
ranked as (
    select
        s.subjects, s.place, t.subject, t.list, t.value, t.n, t.first_ts, t.last_ts,
        least(row_number() over (partition by s.place, t.list order by t.n desc, t.value nulls last), $top::bigint + 1) as rank
    from tally t
    join subjects s on s.subject is not distinct from t.subject
    where t.list is null or t.value is not null or starts_with(t.list, 'model_') or starts_with(t.list, 'other_')
)
select
    min(subjects) as subjects, place, min(subject) as subject, list, rank, case when rank <= $top::bigint then min(value) end as value,
    count(*) as different, sum(n)::bigint as n, min(first_ts) as first_ts, max(last_ts) as last_ts
from ranked
group by place, list, rank
order by place, list nulls first, rank
