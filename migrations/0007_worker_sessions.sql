-- By which session of which server a worker renews its lease: a session that has ended, on a server that has not been restarted since, tells the
-- next process of that name that it need not wait for the lease to end. `since` is when the worker began.
alter table workers
  add column since timestamptz not null default now(),
  add column server_started_at timestamptz,
  add column session_pid integer,
  add column session_started_at timestamptz;
