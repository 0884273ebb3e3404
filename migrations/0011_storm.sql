-- What people are told that belongs to no run (then run_id is empty): {"subject", "text", "severity", "channels"}; channels null: the usual ones.
alter table outbox add column notice json;

-- What rules may still start: the instants of the runs that count against a limit, the oldest first; of a group, its last run. Every change counts the
-- version up, so that two processes cannot both use what is left.
create table budgets (
  key text collate "C" primary key,
  starts json not null,
  run_id text,
  -- When nothing depends on it any more.
  ends_at timestamptz not null,
  version integer not null
);
create index budgets_ended on budgets (ends_at);

-- How often a condition has begun and ended lately; null where it has not come back.
alter table occurrences add column history json;

-- Alerts that began to fire and runs that were to start, by seconds, summed over all processes. The scope is empty for all services together.
create table storm_counts (
  scope text collate "C" not null,
  second timestamptz not null,
  alerts integer not null,
  starts integer not null,
  primary key (scope, second)
);
create index storm_counts_of_second on storm_counts (second);

-- Which storms there are; a row that has calmed down has level 0.
create table storms (
  scope text collate "C" primary key,
  level integer not null,
  doc json not null,
  version integer not null
);

-- Alerts that no rule took and that somebody is to hear of; they are gone when the message that tells them is in the outbox.
create table unmatched (
  alert_id text collate "C" primary key,
  alert_name text not null,
  service_name text,
  severity text not null,
  description text not null,
  received_at timestamptz not null
);

-- Every set of rules that was ever in force, and when it came into force. One that came back is a row without its content: an earlier row has it.
create table rule_versions (
  in_force_at timestamptz not null,
  version text collate "C" not null,
  rule_count integer not null,
  -- JSON, compressed by gzip.
  content bytea,
  primary key (in_force_at, version)
);
create index rule_versions_with_content on rule_versions (version) where content is not null;

-- How often each rule has decided about an alert.
create table rule_counts (
  rule_id text collate "C" primary key,
  matched bigint not null,
  last_at timestamptz not null
);
