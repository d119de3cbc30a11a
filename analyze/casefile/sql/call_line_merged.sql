-- Calls that were merged, and have one wording.
insert into call_line
select m.call, {{no_hashes}} hash({{merged_words}}), {{merged_measures}}
from (select m.*, epoch_us({{merged}}) as at_us from merged_call m {{merging}}) m;
