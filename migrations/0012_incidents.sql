-- Trouble that people work at. `doc` is the incident as it is kept; the columns are what lists and queues ask for.
create table incidents (
  incident_id text collate "C" primary key,
  state text not null,
  priority text not null,
  severity text not null,
  assignee text,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  -- When something is to be told of it; null: nothing more.
  next_at timestamptz,
  doc json not null
);
create index incidents_unresolved on incidents (incident_id) where state <> 'resolved';
create index incidents_next on incidents (next_at) where next_at is not null;
create index incidents_resolved on incidents (resolved_at) where state = 'resolved';

-- The services of an incident, and the groups of its alerts without a service. Of one key, one incident is open.
create table incident_keys (
  incident_id text collate "C" not null,
  key text collate "C" not null,
  service_name text,
  open boolean not null,
  ended_at timestamptz,
  primary key (incident_id, key)
);
create unique index incident_keys_open on incident_keys (key) where open;
create index incident_keys_ended on incident_keys (key, ended_at) where not open;

-- The alerts of an incident, each from its first firing to its resolve. `content_ids` are the latest ones that said something new.
create table incident_alerts (
  occurrence_key text collate "C" not null,
  alert_id text collate "C" not null,
  incident_id text collate "C" not null,
  alert_name text not null,
  service_name text,
  severity text not null,
  started_at timestamptz not null,
  joined_at timestamptz not null,
  ended_at timestamptz,
  content_ids json not null,
  primary key (occurrence_key, alert_id)
);
create index incident_alerts_of_incident on incident_alerts (incident_id, alert_id);

create table incident_runs (
  run_id text collate "C" primary key,
  incident_id text collate "C" not null
);
create index incident_runs_of_incident on incident_runs (incident_id, run_id);

create table incident_entries (
  incident_id text collate "C" not null,
  seq integer not null,
  at timestamptz not null,
  type text not null,
  who text not null,
  message text not null,
  primary key (incident_id, seq)
);

-- Whoever changes incidents holds the one row of this until the commit.
create table incident_lock (
  lock_id integer primary key
);
insert into incident_lock (lock_id) values (1);

-- Occurrences that have begun, changed or ended since incidents were last brought up to date with them. A new one is among them by itself; those
-- that were there before this are, where they still fire.
alter table occurrences add column untold boolean not null default false;
alter table occurrences alter column untold set default true;
update occurrences set untold = true where open;
create index occurrences_untold on occurrences ((alert_id collate "C")) where untold;
