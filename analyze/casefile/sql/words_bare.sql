-- The actor that a principal is: a role whose sessions have names of their own by
-- number has its history as a role, as features/call.sql says.
regexp_replace({{principal}}, '^(arn:[^:]*:sts::[^:]*:assumed-role/[^/]*)/([^/]*[-_.@])?([0-9]{10,}|[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$', '\1')
