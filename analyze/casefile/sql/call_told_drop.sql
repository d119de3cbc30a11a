drop table call_told_{{name}};
