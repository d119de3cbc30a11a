-- The tables of the derived database. Everything here can be rebuilt from the
-- segments and manifests; wide text stays in the segments.
-- An event is known here by eid = segment * 2^28 + row of its segment.
create table evidence (
    evidence integer,        -- number in the case
    evidence_id varchar,     -- SHA-256 of the bytes as received
    load varchar,
    path varchar,
    status varchar,
    label varchar,
    container varchar,       -- SHA-256 of the archive that it is a member of
    member varchar,          -- its name there
    size bigint,
    compression varchar,
    encoding varchar,        -- of text that the stream has in UTF-8
    stream_size bigint,
    stream_sha256 varchar,
    format varchar,
    records bigint,
    frames bigint,
    events bigint,
    unparsed bigint,
    without_time bigint,
    records_root varchar,
    first_ts timestamptz,
    last_ts timestamptz,
    note varchar
);
-- One row per identifier of an event, per load and kind sorted by the hash of
-- the value, so that a search reads one row group of each.
create table identifier_index (h ubigint, kind varchar, eid bigint);
-- Hashes of texts (kind content) and of records without a native id (kind
-- record), sorted like them. A text stands in the column of its event that place names (1
-- system prompt, 2 prompt, 4 response, 8 reasoning), or with place 0 in a row of
-- the content segment.
create table hash_index (kind varchar, h ubigint, eid bigint, place integer);
-- Events that show the same thing as another event, which is kept.
create table duplicate (eid bigint, of_eid bigint);
-- Events that share a native id with another event and differ from it.
create table conflict (eid bigint, with_eid bigint);
-- Content texts that stand in more than one segment: all places but the one kept.
create table content_repeat (segment bigint, row bigint, place integer);
-- Rows in which a column has a value, per format; column * counts all rows.
create table coverage (format varchar, column_name varchar, events bigint);
-- Events per minute, for histograms.
create table minute (ts timestamptz, format varchar, plane varchar, kind varchar, outcome varchar, events bigint);
-- What is known about the case as a whole.
create table about (key varchar, value varchar);
-- What is known of source addresses beside the logs.
create table address (src_ip varchar, country varchar, city varchar, asn bigint, organization varchar, network varchar);
-- Who is behind a principal, credential or end user: by a list, or by the calls
-- in which it stands with a value of the list, and in how many.
create table identity (value varchar, person varchar, role varchar, basis varchar, calls bigint);
-- Values that stand in calls of several persons: they are nobody's.
create table identity_conflict (value varchar, person varchar, calls bigint);
-- What models cost, in 1e-15 USD per token.
create table price (
    provider varchar, model varchar, model_response varchar, entry varchar,
    input bigint, output bigint, cache_read bigint, cache_write bigint
);
-- What to add to the times of evidence whose clock was off, in microseconds.
create table clock (evidence integer, source varchar, add_us bigint, reason varchar);
-- What the last analysis claims, in the order in which to look at it. The file
-- that its entry in the ledger names is the truth.
create table finding (
    id varchar, rank bigint, severity varchar, detector varchar, title varchar, subject varchar, bucket varchar, actor varchar,
    first_ts timestamptz, last_ts timestamptz, explanation varchar, facts varchar, tags varchar, parts varchar,
    score double, p double, q double, tests bigint, event_count bigint,
    suppressed_by varchar, suppressed_until varchar, suppressed_reason varchar,
    run bigint               -- entry of the ledger
);
create table finding_event (finding varchar, position bigint, evidence bigint, record bigint, part bigint);
