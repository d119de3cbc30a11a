create or replace temp type {{type}} as enum (select value from words order by value);
