-- Bodies as they came, for people to look at: kept beside the alerts, best effort, and nothing depends on them. Each body is kept once, whatever
-- number of deliveries brought it; `body` is the head of what came, compressed, `kept` that head's length and `bytes` that of the whole.
create table payloads (
  payload_id text collate "C" primary key,
  body bytea not null,
  kept integer not null,
  bytes integer not null,
  -- What the row takes, about.
  size integer not null,
  -- About when it came last: within an hour.
  seen_at timestamptz not null
);
-- The database need not try again to compress it.
alter table payloads alter column body set storage external;
-- The oldest first, and how much there is, without a look at the table.
create index payloads_seen on payloads (seen_at, payload_id) include (size);

-- Which delivery brought which body. The ids of a delivery's alerts begin with its batch_id, which sorts by time.
create table payload_deliveries (
  batch_id text collate "C" primary key,
  payload_id text collate "C" not null,
  source text not null,
  received_at timestamptz not null,
  received_from text,
  alerts integer not null,
  rejected integer not null
);
