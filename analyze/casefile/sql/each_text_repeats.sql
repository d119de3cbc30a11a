-- Texts of a segment that stand in another place that is kept.
select row, place from content_repeat where segment = $segment
