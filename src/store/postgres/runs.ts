import type { Alert } from '../../domain/alert/alert.js';
import type { Playbook } from '../../domain/playbook/playbook.js';
import type { Run, RunEvent } from '../../domain/run/run.js';
import type { ClaimedRun, FoundAlerts, NewRun, RunChange, RunStore } from '../../domain/run/run-store.js';
import { fold } from '../../domain/run/transition.js';
import type { Db } from '../db.js';
import type { Committer } from '../committer.js';
import type { Rows } from './commit.js';
import type { EventFeed } from './event-feed.js';
import type { Glance } from './glance.js';
import { rowsOfChange } from './run-rows.js';
import { createWorkers, HOLDER_IS_GONE } from './workers.js';

/** The write path of runs in Postgres. `hears` is false when no channel is configured: then nothing is queued for anybody. */
export function createRunStore(
  db: Db,
  committer: Committer<Rows>,
  feed: EventFeed,
  options: { glance: Glance; hears: boolean },
): RunStore {
  const { glance, hears } = options;
  return {
    open: async (run: NewRun) => {
      const answer = await committer.commit(
        rowsOfChange(null, run.run, run.events, { holder: run.holder, hears, outside: false }),
      );
      if (answer === 'committed') feed.changed(run.run.run_id);
      return answer === 'committed' ? 'opened' : 'conflict';
    },
    apply: async (change: RunChange) => {
      const rows = rowsOfChange(change.before, change.after, change.events, {
        holder: null,
        hears,
        outside: change.outside ?? false,
      });
      if (change.poke?.length) rows.poke = [...(rows.poke ?? []), ...change.poke];
      const answer = await committer.commit(rows);
      if (answer === 'committed') feed.changed(change.after.run_id);
      return answer === 'committed' ? 'applied' : 'conflict';
    },
    load: (run_id) => load(db, run_id),
    claim: (worker_id, now, limit, holding) => claim(db, glance, { worker_id, now, limit, holding: holding ?? null }),
    ...createWorkers(db),
    release: async (run_id, worker_id, wake_at) => {
      await db.query({
        text: `update runs set lease_owner = null, wake_at = case when lease_owner = $2 then $3::timestamptz else least(wake_at, $3::timestamptz) end
          where run_id = $1 and (lease_owner = $2 or lease_owner is null)`,
        values: [run_id, worker_id, wake_at],
      });
    },
    poked: async (worker_id) => {
      if (!(await glance.look({ worker: worker_id })).poked) return [];
      return takeMarks(db, worker_id);
    },
    alertsOf: async (run_id) => (await alertsOfRuns(db, [run_id])).get(run_id) ?? NOTHING_FOUND,
  };
}

/**
 * Read first, so that they are told also when the answer to the change is lost: then the marks may be gone. Where the change did not take
 * place, they are told once more. What is poked in between is told after it, and looks at all that there is.
 */
async function takeMarks(db: Db, worker_id: string): Promise<string[]> {
  const rows = await db.query<{ run_id: string }>({
    text: 'select run_id from runs where lease_owner = $1 and open and poked',
    values: [worker_id],
    looks: true,
  });
  const poked = rows.map(({ run_id }) => run_id);
  if (poked.length === 0) return poked;
  const text = 'update runs set poked = false where lease_owner = $1 and open and poked and run_id = any($2::text[])';
  await db.query({ text, values: [worker_id, poked] }).catch(() => undefined);
  return poked;
}

async function load(db: Db, run_id: string): Promise<{ run: Run; holder: string | null } | null> {
  const [row] = await db.query<{ lease_owner: string | null; changes: RunEvent[][] }>({
    name: 'load-run',
    text: `select lease_owner, (select json_agg(events order by seq) from run_changes where run_changes.run_id = runs.run_id) as changes
      from runs where run_id = $1`,
    values: [run_id],
  });
  return row ? { run: fold(null, row.changes.flat()), holder: row.lease_owner } : null;
}

interface Claim {
  readonly worker_id: string;
  readonly now: string;
  readonly limit: number;
  /** Null where what is this worker's by its row is not looked for. */
  readonly holding: readonly string[] | null;
}

async function claim(db: Db, glance: Glance, { worker_id, now, limit, holding }: Claim): Promise<ClaimedRun[]> {
  if (holding === null && !(await glance.look({ now, worker: worker_id })).free) return [];
  // Nobody's and due, or held by a worker whose lease has ended. A run that another claimer is taking is left to it.
  const rows = await db.query<{ run_id: string; held_by: string | null; playbook: Playbook }>({
    text: `with free as (
        select runs.run_id, runs.lease_owner, runs.playbook_id, runs.playbook_version from runs
        where open and (
          (lease_owner is null and (wake_at <= $2 or poked))
          or (lease_owner is not null and ${HOLDER_IS_GONE})
          or ($4::text[] is not null and lease_owner = $1 and not exists (select from unnest($4::text[]) as held (run_id) where held.run_id = runs.run_id)))
        order by run_id limit $3 for update of runs skip locked)
      update runs set lease_owner = $1, lease_epoch = lease_epoch + 1, poked = false, wake_at = null
      from free join playbook_versions using (playbook_id)
      where runs.run_id = free.run_id and playbook_versions.version = free.playbook_version
      returning runs.run_id, free.lease_owner as held_by, playbook_versions.playbook`,
    values: [worker_id, now, limit, holding],
    // What it takes up changes the run, and that is a statement of its own.
    looks: true,
  });
  if (rows.length === 0) return [];
  const changes = await db.query<{ run_id: string; changes: RunEvent[][] }>({
    name: 'load-runs',
    text: 'select run_id, json_agg(events order by seq) as changes from run_changes where run_id = any($1::text[]) group by run_id',
    values: [rows.map((row) => row.run_id)],
  });
  const events = new Map(changes.map((row) => [row.run_id, row.changes.flat()]));
  const found = await alertsOfRuns(
    db,
    rows.map((row) => row.run_id),
  );
  return rows.map((row) => ({
    run: fold(null, events.get(row.run_id) ?? []),
    playbook: row.playbook,
    from: row.held_by,
    found: found.get(row.run_id) ?? NOTHING_FOUND,
  }));
}

const AMONG_SEVERAL = '(json_array_length(run_ids) > 1 and run_ids::jsonb @> to_jsonb(asked.run_id))';
const NOTHING_FOUND: FoundAlerts = { alerts: [], firing: false };

/** Of many runs at once: after a crash a thousand are taken up, and a question for each of them is what that would take its time for. */
async function alertsOfRuns(db: Db, run_ids: readonly string[]): Promise<Map<string, FoundAlerts>> {
  if (run_ids.length === 0) return new Map();
  // An alert that started several runs names the first one; the others are found by its occurrence.
  const rows = await db.query<{ run_id: string; alerts: Alert[]; firing: boolean }>({
    name: 'alerts-of-runs',
    text: `select asked.run_id, (
        select coalesce(json_agg(doc order by alert_id), '[]') from (
          select doc, alert_id from alerts where alert_id in (
            select alert_id from alerts where run_id = asked.run_id and action in ('run', 'join')
            union select alert_id from occurrences where ${AMONG_SEVERAL})
          order by alert_id desc limit 1000) as latest) as alerts,
        exists (select from occurrences where open and run_id = asked.run_id)
          or exists (select from occurrences where open and ${AMONG_SEVERAL}) as firing
      from unnest($1::text[]) as asked (run_id)`,
    values: [run_ids],
  });
  // What tells of a moment is never resolved: that it does not last ends no run.
  return new Map(
    rows.map(({ run_id, alerts, firing }) => [
      run_id,
      { alerts, firing: firing || alerts.some((alert) => alert.momentary === true) },
    ]),
  );
}
