-- What compiled rules call. Each is of the connection only.
-- The values of JSON: of an array its elements, null as NULL, no value as NULL.
create or replace temp macro sigma_text(j) as
    case json_type(j) when 'NULL' then null else json_extract_string(j, '$') end;
create or replace temp macro sigma_leaf(j) as
    case
        when j is null then null
        when json_type(j) = 'ARRAY' then list_transform(json_extract(j, '$[*]'), lambda x: sigma_text(x))
        else [sigma_text(j)]
    end;
create or replace temp macro sigma_leaves(l) as
    case when len(l) > 0 then flatten(list_transform(l, lambda x: sigma_leaf(x))) end;
-- The member at a JSON pointer of every value, and of the elements of arrays.
create or replace temp macro sigma_step(l, p) as
    list_filter(
        flatten(list_transform(l, lambda x: case
            when json_type(x) = 'ARRAY' then list_transform(json_extract(x, '$[*]'), lambda y: json_extract(y, p))
            else [json_extract(x, p)]
        end)),
        lambda z: z is not null
    );
-- A text that is a JSON object, else NULL.
create or replace temp macro sigma_object(x) as
    case when try(json_type(x)) = 'OBJECT' then x end;
-- The only value of a field, or its values as a list.
create or replace temp macro sigma_one(l) as
    case when len(l) = 1 then l[1] when len(l) > 1 then to_json(l)::varchar end;
create or replace temp macro sigma_number(x) as
    case when regexp_full_match(x, '[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?') then try_cast(x as double) end;
-- A time in UTC. A time without a zone is taken as UTC.
create or replace temp macro sigma_time(x) as
    case
        when regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?')
        then try_cast(x as timestamptz) at time zone 'UTC'
    end;
-- An IPv4 address as a number.
create or replace temp macro sigma_quad(x) as
    case
        when regexp_full_match(x, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')
        then list_reduce(list_transform(string_split(x, '.'), lambda p: p::bigint), lambda a, b: a * 256 + b)
    end;
-- An IPv6 address as its groups, as many as it takes to have eight.
create or replace temp macro sigma_groups(x) as
    list_transform([string_split(x, '::')], lambda h: case
        when len(h) = 1 then string_split(x, ':')
        when len(h) = 2 then
            case when h[1] = '' then [] else string_split(h[1], ':') end
            || list_transform(
                range(8 - case when h[1] = '' then 0 else len(string_split(h[1], ':')) end
                        - case when h[2] = '' then 0 else len(string_split(h[2], ':')) end),
                lambda i: '0')
            || case when h[2] = '' then [] else string_split(h[2], ':') end
    end)[1];
create or replace temp macro sigma_six(x) as
    list_transform([sigma_groups(x)], lambda g: case
        when len(g) = 8 and len(list_filter(g, lambda p: not regexp_full_match(p, '[0-9A-Fa-f]{1,4}'))) = 0
        then list_reduce(list_transform(g, lambda p: ('0x' || p)::integer::uhugeint), lambda a, b: a * 65536 + b)
    end)[1];
-- An IPv6 address as a number, also with an IPv4 address at its end.
create or replace temp macro sigma_ipv6(x) as
    case
        when not regexp_full_match(x, '[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*') then null
        when not contains(x, '.') then sigma_six(x)
        else sigma_six(
            regexp_extract(x, '^(.*:)', 1)
            || printf('%x:%x', sigma_quad(regexp_extract(x, '[^:]*$')) // 65536, sigma_quad(regexp_extract(x, '[^:]*$')) % 65536))
    end;
-- The IPv4 address that an address stands for, written as IPv6 or not: ::ffff:0:0/96
-- is the range of RFC 4291, 2.5.5.2.
create or replace temp macro sigma_ipv4(x) as
    coalesce(sigma_quad(x), list_transform([sigma_ipv6(x)], lambda n: case
        when n between 281470681743360::uhugeint and 281474976710655::uhugeint then (n - 281470681743360::uhugeint)::bigint
    end)[1]);
