-- What texts show: the signs of each unique text.
create or replace temp table sign (
    hash blob, role varchar, kind varchar, label varchar, score double, start_at bigint, end_at bigint, via varchar
);
