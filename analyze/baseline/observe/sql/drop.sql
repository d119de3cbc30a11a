drop table if exists baseline_use;
drop table if exists baseline_subject;
