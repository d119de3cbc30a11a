-- The numbers that texts state, with what each is of, 0 where that is not known.
create or replace temp table stated (hash blob, number ubigint, what ubigint);

-- The prompts that have a block of documents in them.
create or replace temp table document_prompt (hash blob)
