-- Ids are ULIDs and instants sort as text, so collation "C" keeps every index in byte order on every installation.

-- Raises a serialization failure unless `ok`: how one statement refuses to commit when what it was decided on has changed.
create function fixpoint_conflict_unless(ok boolean) returns void language plpgsql as $$
begin
  if ok is not true then
    raise exception 'decided on facts that have changed' using errcode = '40001';
  end if;
end $$;

-- Alerts that have a decision of their own. A repeat that says nothing new is a line of `repeats` instead.
create table alerts (
  alert_id text collate "C" primary key,
  source_system text not null,
  alert_name text not null,
  severity text not null,
  status text not null,
  service_name text,
  fingerprint text not null,
  received_at timestamptz not null,
  doc json not null,
  -- The last decision, for filters; null until there is one.
  action text,
  reason text,
  run_id text,
  -- Every decision, oldest first.
  decisions json not null default '[]',
  -- When triage has to look at it (again): undecided, or held until then.
  due_at timestamptz
);
create index alerts_due on alerts (due_at) where due_at is not null;
create index alerts_of_run on alerts (run_id) where run_id is not null;

-- Deliveries that repeat an alert word for word: one row for each batch, `items` is [[place, alert_id, reason, run_id] …].
create table repeats (
  first_id text collate "C" primary key,
  received_at timestamptz not null,
  items json not null
);

-- One condition from its first firing to its resolve.
create table occurrences (
  key text collate "C" primary key,
  open boolean not null,
  alert_id text not null,
  started_at timestamptz not null,
  resolved_at timestamptz,
  runs_used integer not null,
  run_id text,
  run_open boolean not null,
  run_ids json not null,
  content_hash text not null,
  content_alert_id text not null,
  version integer not null
);
create index occurrences_of_run on occurrences (run_id) where run_id is not null;

-- Every version of every playbook that was ever in force: a run keeps the one it began with.
create table playbook_versions (
  playbook_id text not null,
  version text not null,
  source text not null,
  playbook json not null,
  first_seen_at timestamptz not null,
  primary key (playbook_id, version)
);

create table runs (
  run_id text collate "C" primary key,
  playbook_id text not null,
  playbook_version text not null,
  service_name text,
  group_key text not null,
  dry_run boolean not null,
  state text not null,
  outcome text,
  open boolean not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  doc json not null,
  -- The worker that holds it, counted up at every claim; null while nobody needs to.
  lease_owner text,
  lease_epoch integer not null default 0,
  -- When a run without a holder wants one; null: only when it is poked.
  wake_at timestamptz,
  -- Something outside has changed it (an event from the API, an alert that joined or resolved).
  poked boolean not null default false
);
-- An alert whose run is open joins it: the conflict of this index is the join. The group key may be longer than an index entry.
create unique index runs_open_key on runs (playbook_id, md5(group_key), coalesce(service_name, '')) where open and not dry_run;
create index runs_open_work on runs (lease_owner, wake_at) where open;

-- The story of a run. The primary key is the fence: whoever comes second with a number has decided on an old state.
create table run_events (
  run_id text collate "C" not null,
  seq integer not null,
  at timestamptz not null,
  doc json not null,
  primary key (run_id, seq)
);

create table steps (
  run_id text collate "C" not null,
  step_id text collate "C" not null,
  ordinal integer not null,
  doc json not null,
  primary key (run_id, step_id)
);

-- Who is alive. A worker's lease covers all runs that it holds, so a heartbeat costs one row however many there are.
create table workers (
  worker_id text primary key,
  name text not null,
  until timestamptz not null
);

-- When a service was last written to, by any run: cooldowns count from here.
create table service_writes (
  service_name text primary key,
  at timestamptz not null
);

-- What people are to be told, written in the transaction that made it true.
create table outbox (
  outbox_id text collate "C" primary key,
  run_id text not null,
  kind text not null,
  step_id text,
  message text not null,
  attempts integer not null default 0,
  created_at timestamptz not null,
  -- Null when nothing is left to try.
  next_at timestamptz
);
create index outbox_due on outbox (next_at) where next_at is not null;

create table deliveries (
  outbox_id text collate "C" not null,
  run_id text not null,
  kind text not null,
  channel text not null,
  target text not null,
  state text not null,
  attempts integer not null,
  error text,
  at timestamptz not null,
  primary key (outbox_id, channel)
);
create index deliveries_of_run on deliveries (run_id);

create table dead_letters (
  dead_letter_id text collate "C" primary key,
  source text not null,
  received_at timestamptz not null,
  reason text not null,
  details json not null,
  body bytea not null,
  replayed_at timestamptz
);

create table tokens (
  token_id text primary key,
  name text not null,
  role text not null,
  hash text not null unique,
  created_at timestamptz not null
);

create table audit (
  audit_id text collate "C" primary key,
  at timestamptz not null,
  who text not null,
  what text not null,
  target text,
  details json not null
);

create table settings (
  name text primary key,
  value json not null
);
