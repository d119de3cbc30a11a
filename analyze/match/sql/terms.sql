-- The terms that were found.
select distinct term from search_hit order by term
