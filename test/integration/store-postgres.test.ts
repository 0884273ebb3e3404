import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { FixpointError } from '../../src/domain/errors.js';
import { migrate } from '../../src/store/migrate.js';
import { openStore } from '../../src/store/open.js';
import { openPool } from '../../src/store/postgres/pool.js';
import { storeSuite } from '../contract/store-suite.js';
import { describeWith, requireServer } from '../helper/servers.js';
import { aBatch, aDecision, aFreshAlert, aNewRun, aStart, AT, ids } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const name = `test_${randomBytes(6).toString('hex')}`;

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${await baseUrl()}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function baseUrl(): Promise<string> {
  return (await requireServer('postgres')).replace(/\/[^/]*$/, '');
}

function openAt(url: string) {
  return openStore({
    url,
    directory: '',
    seed: null,
    migrations: 'migrations',
    clock: SYSTEM_CLOCK,
    ids,
    hears: true,
    onError: () => undefined,
  });
}

await describeWith(['postgres'], 'the store on a real Postgres', () => {
  afterAll(() => admin(`drop database if exists ${name} with (force)`));

  storeSuite('PostgreSQL', async () => {
    await admin(`create database ${name}`);
    return openAt(`${await baseUrl()}/${name}`);
  });

  it('lets two processes start on the same empty database at once', async () => {
    const both = `${name}_both`;
    await admin(`create database ${both}`);
    const url = `${await baseUrl()}/${both}`;
    const stores = await Promise.all([openAt(url), openAt(url)]);
    await Promise.all(stores.map((store) => store.ready()));
    await Promise.all(stores.map((store) => store.stop()));
    await admin(`drop database ${both}`);
  });

  it('waits for a write that is being committed, and refuses what was decided without it', async () => {
    const own = `${name}_write`;
    await admin(`create database ${own}`);
    const url = `${await baseUrl()}/${own}`;
    const store = await openAt(url);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const deciding = (at: string | null) => {
      const alerts = [{ alert: aFreshAlert(), decision: aDecision() }];
      return store.triage.commit(aBatch({ alerts, last_writes: [{ service_name: 'shop', at }] }));
    };
    expect(await deciding(null)).toBe('committed');
    expect(await store.triage.lastWrites(['shop'])).toEqual([]);

    await other.query('begin');
    await other.query({
      text: 'insert into service_writes (service_name, at) values ($1, $2) on conflict (service_name) do update set at = excluded.at',
      values: ['shop', AT],
    });
    const decided = deciding(null);
    await until('the decision to wait', async () => {
      const { rows } = await other.query(
        "select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'",
        [own],
      );
      return rows.length > 0;
    });
    await other.query('commit');

    expect(await decided).toBe('conflict');
    expect(await deciding(AT)).toBe('committed');
    expect(await store.triage.lastWrites(['shop'])).toEqual([{ service_name: 'shop', at: AT }]);
    await other.end();
    await store.stop();
    await admin(`drop database ${own}`);
  });

  it('takes over the runs of an installation that kept each event in a row', async () => {
    const old = `${name}_old`;
    await admin(`create database ${old}`);
    const url = `${await baseUrl()}/${old}`;
    const folder = mkdtempSync(join(tmpdir(), 'fixpoint-migrations-'));
    for (const file of ['0001_begin.sql', '0002_runs_of_an_occurrence.sql'])
      copyFileSync(join('migrations', file), join(folder, file));
    const db = openPool(url, { lanes: 1, onError: () => undefined });
    await migrate(db, folder);
    const { run, events } = aNewRun({}, null, [aStart('look'), aStart('other')]);
    const { steps: _steps, joined: _joined, ending: _ending, seq: _seq, ...header } = run;
    await db.query({
      text: `insert into runs (run_id, playbook_id, playbook_version, group_key, dry_run, state, open, created_at, doc)
        values ($1, 'PB-Test', 'v1', $2, false, $3, true, $4, $5)`,
      values: [run.run_id, run.group_key, run.state, run.created_at, JSON.stringify(header)],
    });
    for (const [index, event] of events.entries())
      await db.query({
        text: 'insert into run_events (run_id, seq, at, doc) values ($1, $2, $3, $4)',
        values: [run.run_id, index + 1, event.at, JSON.stringify(event)],
      });
    await db.stop();
    rmSync(folder, { recursive: true });
    const store = await openAt(url);
    expect((await store.runs.load(run.run_id))?.run).toEqual(run);
    expect((await store.runView.events(run.run_id, 1)).map((event) => event.seq)).toEqual([2, 3]);
    expect((await store.runView.list({}, { limit: 5, cursor: null })).items).toMatchObject([{ ...header, seq: 3 }]);
    await store.stop();
    await admin(`drop database ${old}`);
  });

  it('says clearly that a database cannot be reached, without its password', async () => {
    const error: unknown = await openAt('postgres://someone:hunter2@127.0.0.1:1/nowhere').catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FixpointError);
    expect(String(error)).toMatch(/127\.0\.0\.1:1\/nowhere.*DATABASE_URL/);
    expect(String(error)).not.toContain('hunter2');
  });
});
