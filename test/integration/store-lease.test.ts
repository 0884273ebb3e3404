import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/domain/store.js';
import { describeWith } from '../helper/servers.js';
import { aNewRun, AT, ids, PLAYBOOK } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const LEASE_MS = 3_600_000;

await describeWith(['postgres'], 'a lease on Postgres', ({ postgres }) => {
  const name = `lease_${randomBytes(6).toString('hex')}`;
  const base = postgres.replace(/\/[^/]*$/, '');
  const opened: Store[] = [];
  let other: pg.Client;

  /** The store as one process has it: with connections of its own. */
  async function aProcess(): Promise<Store> {
    const store = await openStore({
      url: `${base}/${name}`,
      directory: '',
      seed: null,
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      onError: () => undefined,
    });
    opened.push(store);
    return store;
  }

  /** A process that holds a run under this id. */
  async function aHolder(worker_id: string): Promise<{ store: Store; run_id: string }> {
    const store = await aProcess();
    await store.playbooks.record([PLAYBOOK], AT);
    await store.runs.register(worker_id, LEASE_MS);
    const opening = aNewRun({}, worker_id);
    await store.runs.open(opening);
    return { store, run_id: opening.run.run_id };
  }

  async function claims(store: Store, worker_id: string): Promise<string[]> {
    return (await store.runs.claim(worker_id, AT, 100)).map(({ run }) => run.run_id);
  }

  /** What the end of a process leaves: its connections close, its lease was not given back. */
  async function die(store: Store): Promise<void> {
    opened.splice(opened.indexOf(store), 1);
    await store.stop();
    await until('the end of the session', async () => {
      const { rows } = await other.query<{ alive: boolean }>(
        `select exists (select from pg_stat_activity join workers on pid = session_pid where worker_id = 'w#1') as alive`,
      );
      return rows[0]?.alive === false;
    });
  }

  beforeEach(async () => {
    const admin = new pg.Client({ connectionString: `${base}/postgres` });
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    other = new pg.Client({ connectionString: `${base}/${name}` });
    await other.connect();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.stop()));
    await other.end();
    const admin = new pg.Client({ connectionString: `${base}/postgres` });
    await admin.connect();
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  });

  it('is renewed while everything else waits for a connection', async () => {
    const { store, run_id } = await aHolder('w#1');
    await other.query('begin');
    await other.query('lock table runs in access exclusive mode');
    let answered = 0;
    const waiting = Array.from({ length: 40 }, async () => {
      await store.runs.load(run_id).catch(() => null);
      answered += 1;
    });

    expect(await store.runs.heartbeat('w#1', LEASE_MS)).toBe('held');

    expect(answered).toBe(0);
    await other.query('rollback');
    await Promise.all(waiting);
  });

  it('is left to a living process by another one of the same name', async () => {
    const { store } = await aHolder('w#1');
    const namesake = await aProcess();
    await namesake.runs.register('w#2', LEASE_MS);

    expect(await claims(namesake, 'w#2')).toEqual([]);
    expect(await store.runs.heartbeat('w#1', LEASE_MS)).toBe('held');
    expect(await namesake.runs.heartbeat('w#2', LEASE_MS)).toBe('held');
    expect(await claims(namesake, 'w#2')).toEqual([]);
  });

  it('ends with its process for the next one of that name, however long it would last', async () => {
    const { store, run_id } = await aHolder('w#1');
    await store.runs.heartbeat('w#1', LEASE_MS);
    await die(store);
    const next = await aProcess();
    await next.runs.register('w#2', LEASE_MS);

    expect(await claims(next, 'w#2')).toEqual([run_id]);
    expect(await next.runs.heartbeat('w#1', LEASE_MS)).toBe('lost');
  });

  it('ends for the next process of another name when it has missed a renewal as well', async () => {
    const { store, run_id } = await aHolder('w#1');
    await die(store);
    const stranger = await aProcess();
    await stranger.runs.register('v#1', LEASE_MS);
    expect(await claims(stranger, 'v#1')).toEqual([]);

    expect(await stranger.runs.heartbeat('v#1', LEASE_MS)).toBe('held');
    expect(await claims(stranger, 'v#1')).toEqual([]);

    await other.query("update workers set until = until - interval '24 minutes' where worker_id = 'w#1'");
    expect(await stranger.runs.heartbeat('v#1', LEASE_MS)).toBe('held');
    expect(await claims(stranger, 'v#1')).toEqual([run_id]);
  });

  it('stays with a living process that misses a renewal, for a new one of another name', async () => {
    await aHolder('w#1');
    await other.query("update workers set until = until - interval '24 minutes' where worker_id = 'w#1'");
    const stranger = await aProcess();
    await stranger.runs.register('v#1', LEASE_MS);

    expect(await stranger.runs.heartbeat('v#1', LEASE_MS)).toBe('held');
    expect(await claims(stranger, 'v#1')).toEqual([]);
  });

  it('ends too when its session outlives its process by a moment', async () => {
    const { store, run_id } = await aHolder('w#1');
    const next = await aProcess();
    await next.runs.register('w#2', LEASE_MS);
    await die(store);

    expect(await claims(next, 'w#2')).toEqual([]);
    expect(await next.runs.heartbeat('w#2', LEASE_MS)).toBe('held');
    expect(await claims(next, 'w#2')).toEqual([run_id]);
  });

  it('stays with a namesake that is cut off for a moment long after', async () => {
    const { store } = await aHolder('w#1');
    const namesake = await aProcess();
    await namesake.runs.register('w#2', LEASE_MS);
    await other.query("update workers set since = since - interval '1 minute'");
    await die(store);

    expect(await namesake.runs.heartbeat('w#2', LEASE_MS)).toBe('held');
    expect(await claims(namesake, 'w#2')).toEqual([]);
  });

  it('is not taken for over because the server was restarted, which ends every session', async () => {
    const { store } = await aHolder('w#1');
    await die(store);
    await other.query("update workers set server_started_at = server_started_at - interval '1 minute'");
    const namesake = await aProcess();
    await namesake.runs.register('w#2', LEASE_MS);
    expect(await claims(namesake, 'w#2')).toEqual([]);
  });

  it('goes on in another session when its own was cut', async () => {
    const { store } = await aHolder('w#1');
    await other.query("select pg_terminate_backend(session_pid) from workers where worker_id = 'w#1'");
    await until(
      'another session',
      async () => (await store.runs.heartbeat('w#1', LEASE_MS).catch(() => null)) === 'held',
    );
    const namesake = await aProcess();
    await namesake.runs.register('w#2', LEASE_MS);
    expect(await claims(namesake, 'w#2')).toEqual([]);
  });
});
