-- What a value is in this case, beside an identifier of the index: a column
-- that has it, or the hash of a text between two bounds.
select 'principal' as kind, $value as value from stored_event where principal = $value
union
select 'end_user', $value from stored_event where end_user = $value
union
select 'address', $value from stored_event where src_ip = $value
order by kind
