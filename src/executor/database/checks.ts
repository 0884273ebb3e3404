import { z } from 'zod';
import { durationMs, formatMs } from '../../domain/duration.js';
import type { CheckName, DatabaseCheckInput } from './input.js';
import type { Reader } from './session.js';
import { maskStatement } from './statement.js';

/** What one look found. */
export interface Finding {
  readonly figures: Readonly<Record<string, unknown>>;
  /** What is unhealthy, in words; empty when nothing is. */
  readonly problems: readonly string[];
  /** Why the figures do not tell the whole; null when they do. */
  readonly unknown: string | null;
}

/** The looks by their names. Each is one statement that any role may make; what a role may not see is told as unknown. */
export const CHECKS: Readonly<Record<CheckName, (reader: Reader, input: DatabaseCheckInput) => Promise<Finding>>> = {
  connections: checkConnections,
  long_running: checkLongRunning,
  locks: checkLocks,
  replication: checkReplication,
  cache: checkCache,
  size: checkSize,
};

/** Sessions that a record takes. */
const MAX_SESSIONS = 10;

// Postgres sends counts and sums as text, because they may be larger than a double can say.
const Figure = z.coerce.number();
const MaybeFigure = z.union([z.null(), z.coerce.number()]);

const CONNECTIONS = `
  select count(*) as used,
         count(*) filter (where state = 'active') as active,
         count(*) filter (where state like 'idle in transaction%') as idle_in_transaction,
         current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true), '0')::int as max
    from pg_stat_activity
   -- a role without pg_monitor sees that others are there, but not what they are
   where usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'`;

const Connections = z.object({ used: Figure, active: Figure, idle_in_transaction: Figure, max: Figure });

async function checkConnections(reader: Reader, input: DatabaseCheckInput): Promise<Finding> {
  const figures = Connections.parse((await reader.rows(CONNECTIONS))[0]);
  const share = figures.max > 0 ? figures.used / figures.max : null;
  const isFull = share !== null && share > input.max_connection_share;
  const text = `${figures.used} of ${figures.max} connections are used (${percent(share)}), more than ${percent(input.max_connection_share)}`;
  return { figures: { ...figures, share }, problems: isFull ? [text] : [], unknown: null };
}

/** Sessions of this database whose statements this role may not see. */
const HIDDEN = `
  select count(*) as hidden, current_user as role from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid() and query = '<insufficient privilege>'`;

async function hiddenSessions(reader: Reader): Promise<string | null> {
  const { hidden, role } = z.object({ hidden: Figure, role: z.string() }).parse((await reader.rows(HIDDEN))[0]);
  return hidden === 0 ? null : `${hidden} sessions of other users are hidden: grant pg_monitor to ${role}`;
}

const LONG_RUNNING = `
  select pid, usename as user, application_name, state, query,
         extract(epoch from clock_timestamp() - since) * 1000 as duration_ms, count(*) over () as count
    from (select *, case when state = 'active' then query_start else xact_start end as since
            from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
             and (state = 'active' or state like 'idle in transaction%')) as open
   where since < clock_timestamp() - $1 * interval '1 millisecond'
   order by since limit ${MAX_SESSIONS}`;

const LongRunning = z.object({
  pid: z.number(),
  user: z.string().nullable(),
  application_name: z.string().nullable(),
  state: z.string(),
  query: z.string().transform((text) => maskStatement(text)),
  duration_ms: Figure.transform(Math.round),
});

async function checkLongRunning(reader: Reader, input: DatabaseCheckInput): Promise<Finding> {
  const rows = await reader.rows(LONG_RUNNING, [durationMs(input.long_running)]);
  const count = Figure.parse(rows[0]?.['count'] ?? 0);
  const sessions = rows.map((row) => LongRunning.parse(row));
  const longest_ms = sessions[0]?.duration_ms ?? null;
  const text = `${count} statements or transactions are open for longer than ${input.long_running}, the longest for ${formatMs(longest_ms ?? 0)}`;
  return {
    figures: { count, longest_ms, sessions },
    problems: count > 0 ? [text] : [],
    unknown: await hiddenSessions(reader),
  };
}

const LOCKS = `
  select pid, usename as user, query, pg_blocking_pids(pid) as blocked_by, count(*) over () as count,
         extract(epoch from clock_timestamp() - coalesce(
           -- waitstart came with Postgres 14; before it the statement's own begin is the nearest bound
           (select min((to_jsonb(l) ->> 'waitstart')::timestamptz) from pg_locks l where l.pid = a.pid and not l.granted),
           query_start)) * 1000 as waited_ms
    from pg_stat_activity a
   where datname = current_database() and wait_event_type = 'Lock'
   order by waited_ms desc nulls last limit ${MAX_SESSIONS}`;

const LockWait = z.object({
  pid: z.number(),
  user: z.string().nullable(),
  query: z.string().transform((text) => maskStatement(text)),
  blocked_by: z.array(z.number()).transform((pids) => pids.slice(0, MAX_SESSIONS)),
  waited_ms: Figure.transform(Math.round),
});

async function checkLocks(reader: Reader, input: DatabaseCheckInput): Promise<Finding> {
  const rows = await reader.rows(LOCKS);
  const waiting = Figure.parse(rows[0]?.['count'] ?? 0);
  const sessions = rows.map((row) => LockWait.parse(row));
  const longest_wait_ms = sessions[0]?.waited_ms ?? null;
  const isLong = longest_wait_ms !== null && longest_wait_ms > durationMs(input.lock_wait);
  const text = `${waiting} sessions wait for locks, the longest for ${formatMs(longest_wait_ms ?? 0)}, blocked by ${sessions[0]?.blocked_by.join(', ') ?? ''}`;
  return {
    figures: { waiting, longest_wait_ms, sessions },
    problems: isLong ? [text] : [],
    unknown: await hiddenSessions(reader),
  };
}

const STANDBY = `
  select pg_is_in_recovery() as is_standby, exists (select 1 from pg_stat_wal_receiver) as is_receiving,
         -- while nothing is written, the last replayed commit grows old without any lag
         case when not pg_is_in_recovery() then null
              when exists (select 1 from pg_stat_wal_receiver)
                   and pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
              else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 end as lag_ms`;

const STANDBYS = `
  select coalesce(application_name, '') as name, client_addr::text as address, state, sync_state,
         pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) as lag_bytes,
         -- Postgres forgets the lag of a standby that has caught up
         case when replay_lsn >= pg_current_wal_lsn() then 0 else extract(epoch from replay_lag) * 1000 end as lag_ms
    from pg_stat_replication where not pg_is_in_recovery() order by name limit 50`;

const Standby = z.object({ is_standby: z.boolean(), is_receiving: z.boolean(), lag_ms: MaybeFigure });
const Standbys = z.array(
  z.object({
    name: z.string(),
    address: z.string().nullable(),
    state: z.string().nullable(),
    sync_state: z.string().nullable(),
    lag_bytes: MaybeFigure,
    lag_ms: MaybeFigure,
  }),
);

async function checkReplication(reader: Reader, input: DatabaseCheckInput): Promise<Finding> {
  const self = Standby.parse((await reader.rows(STANDBY))[0]);
  const limit_ms = durationMs(input.max_replication_lag);
  const late = (name: string, lag_ms: number | null): string[] =>
    lag_ms !== null && lag_ms > limit_ms
      ? [`${name} is ${formatMs(lag_ms)} behind, more than ${input.max_replication_lag}`]
      : [];
  if (self.is_standby) {
    const { is_receiving, lag_ms } = self;
    const lost = is_receiving ? [] : ['this standby receives nothing from its primary'];
    const figures = { role: 'standby', is_receiving, lag_ms, standbys: [] };
    const unknown = lag_ms === null ? 'how far this standby is behind is not known' : null;
    return { figures, problems: [...lost, ...late('this standby', lag_ms)], unknown };
  }
  const standbys = Standbys.parse(await reader.rows(STANDBYS));
  const lags = standbys.flatMap(({ lag_ms }) => lag_ms ?? []);
  const figures = { role: 'primary', lag_ms: lags.length === 0 ? null : Math.max(...lags), standbys };
  const problems = standbys.flatMap(({ name, lag_ms }) => late(`standby ${name}`, lag_ms));
  const hidden = standbys.some(({ state }) => state === null);
  return { figures, problems, unknown: hidden ? 'the standbys are hidden: grant pg_monitor to this role' : null };
}

const CACHE = `
  select blks_hit as hits, blks_read as reads, deadlocks, xact_commit as commits, xact_rollback as rollbacks
    from pg_stat_database where datname = current_database()`;

const Cache = z.object({ hits: Figure, reads: Figure, deadlocks: Figure, commits: Figure, rollbacks: Figure });

async function checkCache(reader: Reader): Promise<Finding> {
  const { hits, reads, ...figures } = Cache.parse((await reader.rows(CACHE))[0]);
  const hit_ratio = hits + reads === 0 ? null : hits / (hits + reads);
  return { figures: { hit_ratio, ...figures }, problems: [], unknown: null };
}

async function checkSize(reader: Reader, { max_size }: DatabaseCheckInput): Promise<Finding> {
  const rows = await reader.rows('select pg_database_size(current_database()) as bytes');
  const { bytes } = z.object({ bytes: Figure }).parse(rows[0]);
  const isLarge = max_size !== undefined && bytes > max_size;
  return {
    figures: { bytes },
    problems: isLarge ? [`the database has ${bytes} bytes, more than ${max_size}`] : [],
    unknown: null,
  };
}

function percent(share: number | null): string {
  return share === null ? 'unknown' : `${(share * 100).toFixed(0)} %`;
}
