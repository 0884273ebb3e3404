import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Committer } from '../../src/store/committer.js';
import type { Db, Statement } from '../../src/store/db.js';
import { migrate } from '../../src/store/migrate.js';
import { createBudgets } from '../../src/store/postgres/budgets.js';
import type { Rows } from '../../src/store/postgres/commit.js';
import { writeRows } from '../../src/store/postgres/commit.js';
import { EventFeed } from '../../src/store/postgres/event-feed.js';
import { createOutbox } from '../../src/store/postgres/outbox.js';
import { Glance } from '../../src/store/postgres/glance.js';
import { openPool } from '../../src/store/postgres/pool.js';
import { createRetention } from '../../src/store/postgres/retention.js';
import { createRunStore } from '../../src/store/postgres/runs.js';
import { createTriageStore } from '../../src/store/postgres/triage.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

/** Rows of each table, and how many pages of 8 kB a question about a handful of them may look at; some visit the 200 runs that are open. */
const ROWS = 20_000;
const FEW_PAGES = 600;

/** Everything decided and ended long ago, but for 200 open runs. Ids sort by time, as real ones do. */
const OLD_INSTALLATION = `
  insert into alerts (alert_id, source_system, alert_name, severity, status, service_name, fingerprint, received_at, doc, action, reason, run_id, decisions)
    select 'A' || lpad(n::text, 9, '0'), 's', 'n', 'warning', 'firing', 'svc', 'f' || n, '2026-10-01'::timestamptz + n * interval '1 second',
      json_build_object('occurrence_id', 'o' || n, 'pad', repeat('x', 400)), 'run', null, 'R' || lpad(n::text, 9, '0'), '[{"run_ids": []}]'
    from generate_series(1, ${ROWS}) n;
  insert into occurrences (key, open, alert_id, started_at, resolved_at, runs_used, run_id, run_open, run_ids, content_hash, content_alert_id, version)
    select 's o' || n, true, 'A' || lpad(n::text, 9, '0'), '2026-10-01', null, 1, 'R' || lpad(n::text, 9, '0'), true, '[]', 'h', 'A' || lpad(n::text, 9, '0'), 1
    from generate_series(1, ${ROWS}) n;
  insert into runs (run_id, playbook_id, playbook_version, group_key, dry_run, state, open, created_at, finished_at, doc)
    select 'R' || lpad(n::text, 9, '0'), 'PB', 'v', 'g' || n, false, case when n % 100 = 0 then 'running' else 'succeeded' end, n % 100 = 0,
      '2026-10-01'::timestamptz + n * interval '1 second', case when n % 100 <> 0 then '2026-10-02'::timestamptz end, '{}'
    from generate_series(1, ${ROWS}) n;
  insert into budgets (key, starts, run_id, ends_at, version)
    select 'b' || n, '[]', 'R' || lpad(n::text, 9, '0'), '2027-01-01', 1 from generate_series(1, ${ROWS}) n;
  insert into outbox (outbox_id, run_id, kind, step_id, message, created_at, next_at)
    select 'R' || lpad(n::text, 9, '0') || ':1', 'R' || lpad(n::text, 9, '0'), 'report', null, '', '2026-10-01', null from generate_series(1, ${ROWS}) n;
  analyze`;

await describeWith(['postgres'], 'plans on a real Postgres', ({ postgres }) => {
  const name = `plans_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  const asked: Statement[] = [];
  let pool: Db;
  let db: Db;

  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: `${base}/postgres` });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }

  beforeAll(async () => {
    await admin(`create database ${name}`);
    pool = openPool(`${base}/${name}`, { lanes: 1, onError: () => undefined });
    await migrate(pool, 'migrations');
    await pool.script(OLD_INSTALLATION);
    db = {
      ...pool,
      query: (statement) => {
        asked.push(statement);
        return pool.query(statement);
      },
    };
  });
  afterAll(async () => {
    await pool.stop();
    await admin(`drop database if exists ${name} with (force)`);
  });

  /** How many pages the dearest of the statements looks at that `ask` leads to: each is explained, and taken back. */
  async function pagesOf(ask: () => Promise<unknown>): Promise<number> {
    asked.length = 0;
    await ask();
    let dearest = 0;
    for (const { text, values = [] } of [...asked]) {
      await pool
        .transaction(async (tx) => {
          const literals = values.map((value) =>
            pg.escapeLiteral(Array.isArray(value) ? arrayText(value) : String(value)),
          );
          await tx.script(`prepare question as ${text}`);
          const execute = `execute question${literals.length > 0 ? `(${literals.join(', ')})` : ''}`;
          const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>({
            text: `explain (analyze, buffers, format json) ${execute}`,
          });
          const plan = row?.['QUERY PLAN'][0].Plan ?? {};
          dearest = Math.max(dearest, (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0));
          await tx.script('deallocate question');
          throw TAKEN_BACK;
        })
        .catch((error: unknown) => {
          if (error !== TAKEN_BACK) throw error;
        });
    }
    return dearest;
  }

  it('are never compiled: whole tables that are forbidden look so dear that every heartbeat would be', async () => {
    const question = { text: "select current_setting('jit') as jit" };
    expect(await pool.query(question)).toEqual([{ jit: 'off' }]);
    expect(await pool.urgent(question)).toEqual([{ jit: 'off' }]);
  });

  it('look at little, however much there is, for what is asked every second or for every alert', async () => {
    const committer = new Committer<Rows>({ write: (rows) => writeRows(db, rows), lanes: 1, max: 1, now: () => 0 });
    const feed = new EventFeed();
    const now = '2026-11-21T10:00:00.000Z';
    const glance = new Glance(db, { now: () => Date.parse(now) });
    // Whatever it sees, the questions behind it are asked.
    const blind = { look: () => ({ free: true, poked: true, due: true, incidents: true, suppressions: null }) };
    const options = { glance: blind as unknown as Glance, hears: true };
    const runs = createRunStore(db, committer, feed, options);
    const triage = createTriageStore(db, committer, feed, runs, options);
    const questions: Readonly<Record<string, () => Promise<unknown>>> = {
      'whether there is anything': () => glance.look({ worker: 'somebody' }),
      'what is due': () => triage.due(now, 500),
      'how many are undecided': () => triage.countUndecided(),
      'what is known of occurrences': () => triage.occurrences(['s o7', 's o8', 's o900']),
      'which runs are open': () => triage.openRuns([{ playbook_id: 'PB', group_key: 'g100', service_name: null }]),
      'what limits have been used': () => createBudgets(db).find(['b7', 'b8']),
      'what is to be told': () => createOutbox(db).claim(0, 8),
      'the alerts of a run': () => runs.alertsOf('R000000100'),
      'one run': () => runs.load('R00000010'),
      'what was poked': () => runs.poked('somebody'),
    };
    const pages: Record<string, number> = {};
    for (const [question, ask] of Object.entries(questions)) pages[question] = await pagesOf(ask);
    expect(Object.entries(pages).filter(([, count]) => count > FEW_PAGES)).toEqual([]);
  });

  it('look at what retention removes, and at little more', async () => {
    const day_ms = 86_400_000;
    const limit = { max_age_ms: 30 * day_ms, max_count: null };
    const clock = { ...SYSTEM_CLOCK, after: (_: number, wake: () => void) => SYSTEM_CLOCK.after(0, wake) };
    const retention = createRetention(db, clock);
    const policy = { alerts: limit, runs: limit, dead_letters: limit, audit: limit };
    const signal = new AbortController().signal;
    // Nothing of it goes, for every occurrence is open: all the more is looked at.
    const pages = await pagesOf(() => retention.prune(policy, '2026-11-21T10:00:00.000Z', signal));
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThan(20 * 1_000);
  });
});

const TAKEN_BACK = new Error('taken back');

function arrayText(values: readonly unknown[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
