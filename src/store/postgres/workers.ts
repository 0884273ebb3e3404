import type { RunStore } from '../../domain/run/run-store.js';
import type { Db } from '../db.js';

/**
 * Who is alive. Leases begin and end by the database's clock alone: those of the hosts may differ by any amount. Not by `now()`, which is when
 * the transaction began: a statement that had to wait would renew a lease that is over, and over for those who took the runs meanwhile.
 */
export function createWorkers(db: Db): Pick<RunStore, 'register' | 'heartbeat'> {
  const statements = db.kind === 'embedded' ? EMBEDDED : SEVERAL;
  return {
    register: async (worker_id, lease_ms) => {
      const [name] = worker_id.split('#');
      await db.urgent({ text: statements.register, values: [worker_id, lease_ms, name] });
    },
    heartbeat: async (worker_id, lease_ms) => {
      // Late, it would cost the worker all that it holds.
      const rows = await db.urgent({ text: statements.heartbeat, values: [worker_id, lease_ms] });
      return rows.length === 1 ? 'held' : 'lost';
    },
  };
}

const LEASE = "$2::float8 * interval '1 millisecond'";
/** Of a run that somebody holds: that the lease of whoever does has ended. */
export const HOLDER_IS_GONE =
  'not exists (select from workers where workers.worker_id = runs.lease_owner and workers.until > now())';
const FROM_NOW = `clock_timestamp() + ${LEASE}`;
const LONG_DEAD = "workers.until < now() - interval '1 day'";

/** The folder belongs to one process: whoever had this name is dead. */
const EMBEDDED = {
  register: `with dead as (delete from workers where worker_id <> $1 and (name = $3 or ${LONG_DEAD}))
    insert into workers (worker_id, until, name) values ($1, ${FROM_NOW}, $3)
    on conflict (worker_id) do update set until = excluded.until, since = now()`,
  heartbeat: `update workers set until = ${FROM_NOW} where worker_id = $1 and until > clock_timestamp() returning 1`,
};

/** The session that asks: leases are renewed by one that does nothing else and is kept open. */
const SESSION = `pg_postmaster_start_time(), pg_backend_pid(), (select backend_start from pg_stat_activity where pid = pg_backend_pid())`;
const SESSION_COLUMNS = 'server_started_at, session_pid, session_started_at';

/**
 * A name proves nothing: containers are often called alike. That its session has ended does, or that it is our own, where the server is the one
 * that began it: after a restart or on another server everybody's has. What another role's session is cannot be seen, so it counts as alive.
 */
const GONE = `workers.server_started_at = pg_postmaster_start_time() and (workers.session_pid = pg_backend_pid() or not exists (
    select from pg_stat_activity as session where session.pid = workers.session_pid
      and coalesce(session.backend_start = workers.session_started_at, true)))`;

/** How much of a lease is left at most when a renewal was missed: they come after each third. */
const MISSED = 0.65;

const SEVERAL = {
  register: `with dead as (delete from workers where worker_id <> $1 and ((name = $3 and ${GONE}) or ${LONG_DEAD}))
    insert into workers (worker_id, until, name, ${SESSION_COLUMNS}) select $1, ${FROM_NOW}, $3, ${SESSION}
    on conflict (worker_id) do update set until = excluded.until, since = now(), server_started_at = excluded.server_started_at,
      session_pid = excluded.session_pid, session_started_at = excluded.session_started_at`,
  // A predecessor's session may outlive it by a moment. Later on, one that is cut off for a moment is no predecessor. Under another name (a new
  // container, another port) it is one when it has missed a renewal besides: a living one whose session is cut has another one before that.
  heartbeat: `with beat as (
      update workers set until = ${FROM_NOW}, (${SESSION_COLUMNS}) = (select ${SESSION})
      where worker_id = $1 and until > clock_timestamp() returning name, since),
    dead as (delete from workers using beat
      where workers.worker_id <> $1 and workers.until <= beat.since + ${LEASE} and ${GONE}
        and (workers.name = beat.name or workers.until <= clock_timestamp() + ${LEASE} * ${MISSED}))
    select 1 from beat`,
};
