-- The texts in which the id of an access key stands that was used in the case.
create or replace temp table leaked_text (key varchar, hash blob, role varchar)
