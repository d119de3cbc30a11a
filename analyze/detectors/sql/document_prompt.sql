-- The prompts that have a block of documents in them.
create or replace temp table document_prompt as
select hash from text_document order by hash
