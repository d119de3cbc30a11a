create or replace temp type {{type}} as enum (
    select distinct {{column}} from call_words where {{column}} is not null order by {{column}}
);
