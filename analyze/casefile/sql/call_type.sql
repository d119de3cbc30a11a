create or replace temp type {{type}} as enum (select value from call_word order by value);
