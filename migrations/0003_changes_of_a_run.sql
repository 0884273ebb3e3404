-- One row for each durable change of a run, with all of its events: `seq` is the number of the first of them, the next ones count on from it.
-- What a run and its steps are is what their events make of them, so neither is written a second time: steps are not kept any more, and a
-- run's own row holds only what lists and queues ask for.
alter table run_events rename to run_changes;
alter table run_changes rename constraint run_events_pkey to run_changes_pkey;
alter table run_changes drop column at;
alter table run_changes alter column doc type json using json_build_array(doc);
alter table run_changes rename column doc to events;
drop table steps;
-- Most documents are between 1 and 4 kB and are read whole: compressing each costs more than it saves.
alter table run_changes set (toast_tuple_target = 8160);
alter table alerts set (toast_tuple_target = 8160);
alter table runs set (toast_tuple_target = 8160);
