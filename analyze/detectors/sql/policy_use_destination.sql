-- What a policy says of the places that tools were given: URLs without what may
-- be secret in them (user, query and fragment), and the domains of mail.
create or replace temp table policy_destination as
with named as (
    select distinct eid, tool, unnest(list_concat(
        list_transform(
            regexp_extract_all(arguments, '(?i)\b((?:https?|ftps?|wss?|sftp|ssh|s3a?|gs|abfss?)://[^\s"''\\<>?#`)]+)', 1),
            lambda url: regexp_replace(url, '://[^/]*@', '://')
        ),
        regexp_extract_all(arguments, '(?i)"(?:to|cc|bcc|recipients?|e?-?mail|address)"\s*:\s*(?:\[\s*)?"[^"@]*@([a-z0-9][a-z0-9.-]*\.[a-z]{2,})', 1)
    )) as destination
    from tool_call
    where contains(arguments, '://') or contains(arguments, '@')
)
select
    c.eid, c.at_us, c.actor, c.person, c.principal, c.principal_type, c.role, c.credential, c.app, c.outcome,
    t.destination as a, null::varchar as b, t.tool as c
from named t
join call c on c.eid = t.eid;

create or replace temp view policy_use as
select * from policy_destination;
