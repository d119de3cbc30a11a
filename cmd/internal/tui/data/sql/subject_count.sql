select count(*) from subject_event
