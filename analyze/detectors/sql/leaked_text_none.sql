-- No text, where no access key was used.
create or replace temp table leaked_text (key varchar, hash blob, role varchar)
