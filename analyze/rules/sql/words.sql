-- The wordings that the case has.
select distinct {{columns}} from events_all
