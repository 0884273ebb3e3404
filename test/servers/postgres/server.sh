# PostgreSQL 15 from Debian. Superuser postgres, trust authentication, database fixpoint, port 25432 unless POSTGRES_PORT says another.
# PG_DURABLE=1 (for benchmarks and crash tests) keeps fsync and synchronous_commit on; else they are off and tests are faster.
PORT=${POSTGRES_PORT:-25432}; DATA=("$RUN/postgres"); PG=/usr/lib/postgresql/15/bin
SQL=(psql -h 127.0.0.1 -p $PORT -U postgres -v ON_ERROR_STOP=1 -qAt)
server_installed() { [ -x $PG/postgres ]; }
server_install() { debian postgresql-15; }
server_up() {
  if running postgres; then say "postgres is already up"; return 0; fi
  mkdir -p "$DATA"; [ "$(id -u)" != 0 ] || chown postgres "$DATA"
  [ -f "$DATA/db/PG_VERSION" ] || as postgres $PG/initdb -D "$DATA/db" -U postgres -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  local fast="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"; [ -z "${PG_DURABLE:-}" ] || fast=""
  as postgres $PG/pg_ctl -D "$DATA/db" -l "$DATA/log" -w -t 60 -o "-p $PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories=$DATA -c max_connections=200 $fast" start >/dev/null 9>&- ||
    { tail -n 15 "$DATA/log" >&2; die "postgres did not start"; }
  head -1 "$DATA/db/postmaster.pid" >"$RUN/postgres.pid"; born "$(cat "$RUN/postgres.pid")" >"$RUN/postgres.born"
  "${SQL[@]}" -c "select 1 from pg_database where datname='fixpoint'" | grep -q 1 || "${SQL[@]}" -c "create database fixpoint"
}
server_ready() { "${SQL[@]}" -d fixpoint -c "select 1"; }
server_down() { # PG_STOP=immediate is a crash
  if running postgres; then as postgres $PG/pg_ctl -D "$DATA/db" -m "${PG_STOP:-fast}" -w stop >/dev/null 2>&1 || stop postgres QUIT; fi
  rm -f "$RUN/postgres.pid" "$RUN/postgres.born"
}
