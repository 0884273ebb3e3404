import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { transition } from '../../src/domain/run/transition.js';
import type { RunEvent } from '../../src/domain/run/run.js';
import type { NewRun } from '../../src/domain/run/run-store.js';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/domain/store.js';
import { describeWith } from '../helper/servers.js';
import { aNewRun, ids, PLAYBOOK, AT } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

/** What `DATABASE_URL` may say too: a statement has so long. */
const STATEMENT_MS = 300;

await describeWith(['postgres'], 'a commit that takes too long', ({ postgres }) => {
  const name = `slow_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  const troubles: unknown[] = [];
  let later_ms = 0;
  let store: Store;
  let other: pg.Client;

  beforeEach(async () => {
    const admin = new pg.Client({ connectionString: `${base}/postgres` });
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    // The tables are made without that limit.
    for (const query of ['', `?statement_timeout=${STATEMENT_MS}`]) {
      store = await openStore({
        url: `${base}/${name}${query}`,
        directory: '',
        seed: null,
        migrations: 'migrations',
        clock: { ...SYSTEM_CLOCK, monotonic: () => SYSTEM_CLOCK.monotonic() + later_ms },
        ids,
        hears: false,
        onError: (error) => troubles.push(error),
      });
      if (query === '') await store.stop();
    }
    await store.playbooks.record([PLAYBOOK], AT);
    other = new pg.Client({ connectionString: `${base}/${name}` });
    await other.connect();
  });
  afterEach(async () => {
    await store.stop();
    await other.end();
    const admin = new pg.Client({ connectionString: `${base}/postgres` });
    await admin.connect();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });

  /** Writes one event into the run: its answer, or the code of its refusal. */
  async function write({ run }: NewRun): Promise<string> {
    const event: RunEvent = { type: 'run_paused', at: AT, by: 'somebody', reason: null };
    const change = { before: run, after: transition(run, event), events: [event] };
    return store.runs.apply(change).catch((error: unknown) => (error as { code: string }).code);
  }

  it('fails alone when somebody holds its row, is refused in the end, and goes on when the row is free', async () => {
    const [held, ...others] = Array.from({ length: 8 }, () => aNewRun());
    for (const run of [held!, ...others]) expect(await store.runs.open(run)).toBe('opened');
    await other.query('begin');
    await other.query('select 1 from runs where run_id = $1 for update', [held!.run.run_id]);

    const together = await Promise.all([held!, ...others].map(write));
    const again = await Promise.all(others.map(write));
    const alone = [await write(held!), await write(held!), await write(held!), await write(held!)];

    expect(new Set(together)).toEqual(new Set(['unavailable']));
    expect(new Set(again)).toEqual(new Set(['applied']));
    expect(alone).toEqual(['unavailable', 'unavailable', 'too_large', 'too_large']);
    expect(troubles.map(String)).toEqual([expect.stringContaining(held!.run.run_id)]);
    expect(store.stuck()).toEqual([`the run ${held!.run.run_id}`]);
    await expect(store.ready()).resolves.toBeUndefined();

    later_ms += 6 * 60_000;

    expect(await write(held!)).toBe('too_large');
    expect(store.stuck()).toEqual([`the run ${held!.run.run_id}`]);

    await other.query('rollback');
    later_ms += 6 * 60_000;

    expect(await write(held!)).toBe('applied');
    expect(store.stuck()).toEqual([]);
  });

  it('is no reason to refuse anything while a whole table is locked; the service is not ready then', async () => {
    const runs = [aNewRun(), aNewRun()];
    for (const run of runs) await store.runs.open(run);
    await other.query('begin');
    await other.query('lock table run_changes in access exclusive mode');

    const answers: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) answers.push(...(await Promise.all(runs.map(write))));

    expect(new Set(answers)).toEqual(new Set(['unavailable']));
    await expect(store.ready()).rejects.toMatchObject({ message: expect.stringContaining('no commit ends in time') });

    await other.query('rollback');

    expect(await Promise.all(runs.map(write))).toEqual(['applied', 'applied']);
    await expect(store.ready()).resolves.toBeUndefined();
  });
});
