-- Who has signed in to the pages. Of the cookie only a hash is kept; a session is gone with its token. One of FIXPOINT_ADMIN_TOKEN, which is in no
-- table, has a proof instead that is checked with the cookie and that token: with another token it fits no more.
create table sessions (
  hash text collate "C" primary key,
  token_id text references tokens (token_id) on delete cascade,
  admin_proof text,
  created_at timestamptz not null,
  ends_at timestamptz not null
);
create index sessions_of_token on sessions (token_id, created_at);
create index sessions_ended on sessions (ends_at);
