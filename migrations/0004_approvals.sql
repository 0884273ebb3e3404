-- What people were asked before a step might go on; `doc` is the question with its answers as its run holds it.
create table approvals (
  approval_id text collate "C" primary key,
  run_id text collate "C" not null,
  step_id text not null,
  state text not null,
  requested_at timestamptz not null,
  doc json not null
);
create index approvals_of_run on approvals (run_id);
create index approvals_pending on approvals (approval_id) where state = 'pending';
-- A run that has ended may be tried again, and what a run wrote may be taken back.
update runs set doc = (doc::jsonb || '{"retried_at": null, "compensating": null}')::json;
