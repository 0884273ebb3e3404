import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/domain/store.js';
import { aFreshWorld } from '../helper/fresh-world.js';
import type { FreshWorld } from '../helper/fresh-world.js';
import { describeWith } from '../helper/servers.js';
import { aNewRun, AT, ids, PLAYBOOK } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

const LEASE_MS = 3_600_000;

await describeWith(['postgres', 'kafka'], 'a lease on Postgres', (addresses) => {
  let world: FreshWorld;
  let store: Store;
  let other: pg.Client;

  beforeEach(async () => {
    world = await aFreshWorld(addresses);
    store = await openStore({
      url: world.env.DATABASE_URL,
      directory: '',
      seed: null,
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      onError: () => undefined,
    });
    await store.playbooks.record([PLAYBOOK], AT);
    other = new pg.Client({ connectionString: world.env.DATABASE_URL });
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await store.stop();
    await world.remove();
  });

  it('is renewed while everything else waits for a connection', async () => {
    await store.runs.register('w#1', LEASE_MS);
    const opening = aNewRun();
    await store.runs.open(opening);
    await other.query('begin');
    await other.query('lock table runs in access exclusive mode');
    let answered = 0;
    const waiting = Array.from({ length: 40 }, async () => {
      await store.runs.load(opening.run.run_id).catch(() => null);
      answered += 1;
    });

    expect(await store.runs.heartbeat('w#1', LEASE_MS)).toBe('held');

    expect(answered).toBe(0);
    await other.query('rollback');
    await Promise.all(waiting);
  });
});
