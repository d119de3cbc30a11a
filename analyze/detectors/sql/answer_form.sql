-- In which form each answer stands: 0 prose, 1 lists, 2 code, 3 JSON.
create or replace temp table answer_form as
select hash, form::tinyint as form from text_form order by hash
