-- Changes of runs that other consumers have not been told of yet, in the order in which they were written; told ones are removed. A line is
-- written by the statement that writes its change, so that neither is there without the other, and only in sessions that ask for it: where
-- nobody is to be told, none is.
create table run_feed (
  position bigint generated always as identity primary key,
  run_id text collate "C" not null,
  seq integer not null
);

create function fixpoint_feed_run() returns trigger language plpgsql as $$
begin
  insert into run_feed (run_id, seq) values (new.run_id, new.seq);
  return null;
end $$;

create trigger run_changes_feed after insert on run_changes
  for each row when (current_setting('fixpoint.run_feed', true) = 'on') execute function fixpoint_feed_run();
