-- The credentials that have the form of an access key of AWS.
select credential::varchar from call where credential is not null and regexp_full_match(credential, 'A(KIA|SIA)[A-Z0-9]{12,28}')
union
select credential::varchar from act where credential is not null and regexp_full_match(credential, 'A(KIA|SIA)[A-Z0-9]{12,28}')
order by 1
