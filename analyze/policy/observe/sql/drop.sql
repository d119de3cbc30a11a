drop table if exists policy_call;
