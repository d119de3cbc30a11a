-- The texts in which the id of an access key stands that was used in the case.
create or replace temp table leaked_text as
with used as (
    select credential::varchar as credential from call where credential is not null and regexp_full_match(credential, 'A(KIA|SIA)[A-Z0-9]{12,28}')
    union
    select credential::varchar as credential from act where credential is not null and regexp_full_match(credential, 'A(KIA|SIA)[A-Z0-9]{12,28}')
)
select distinct t.key, t.hash, t.role
from text_key t
join used u on u.credential = t.key
order by all
