-- How many texts there are: places of texts in segments, less those that
-- repeat the text of another place.
select (select count(*) from hash_index where kind = 'content') - (select count(*) from content_repeat)
