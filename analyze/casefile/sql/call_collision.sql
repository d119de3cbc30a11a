select count(*) > count(distinct h) from call_wording;
