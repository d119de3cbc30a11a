-- In which form each answer stands: 0 prose, 1 lists, 2 code, 3 JSON.
create or replace temp table answer_form (hash blob, form tinyint)
