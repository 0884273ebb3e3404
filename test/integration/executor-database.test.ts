import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Outcome } from '../../src/domain/run/outcome.js';
import { DatabaseConfig } from '../../src/executor/database/config.js';
import { databaseModule } from '../../src/executor/database/database.js';
import { DatabaseCheckInput } from '../../src/executor/database/input.js';
import { anAttempt } from '../helper/an-attempt.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const DATABASE = 'fixpoint_database_check';
const WATCHER = 'fixpoint_watcher';

await describeWith(['postgres'], 'database_check on a real Postgres', ({ postgres }) => {
  const admin = new pg.Client({ connectionString: postgres });
  const clients: pg.Client[] = [];
  const own = urlOf('postgres', DATABASE);

  function urlOf(user: string, database: string): string {
    const url = new URL(postgres);
    url.username = user;
    url.pathname = database;
    return url.href;
  }

  beforeAll(async () => {
    await admin.connect();
    await admin.query(`drop database if exists ${DATABASE} with (force)`);
    await admin.query(`create database ${DATABASE}`);
    await admin.query(`drop role if exists ${WATCHER}`);
    await admin.query(`create role ${WATCHER} login`);
    const session = await connect();
    await session.query('create table stock (id int primary key, item text, price numeric, seen timestamptz)');
    await session.query(
      "insert into stock select i, 'item ' || i, i * 1.5, '2026-11-21T10:00:00Z' from generate_series(1, 20) i",
    );
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });

  afterAll(async () => {
    await admin.query(`drop database if exists ${DATABASE} with (force)`);
    await admin.query(`drop role if exists ${WATCHER}`);
    await admin.end();
  });

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: own });
    await client.connect();
    clients.push(client);
    return client;
  }

  function look(
    input: unknown,
    over: Record<string, unknown> = {},
    url = own,
    signal = anAttempt().signal,
  ): Promise<Outcome> {
    const config = DatabaseConfig.parse({ databases: { shop: { url } }, ...over });
    const set = databaseModule.create(config, { clock: SYSTEM_CLOCK, notify: () => Promise.resolve([]) });
    return set.executors['database_check']!.execute(DatabaseCheckInput.parse(input), anAttempt({ signal }));
  }

  it('finds a quiet database healthy, with figures for every check', async () => {
    const outcome = await look({});

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        reachable: true,
        is_healthy: true,
        reason: null,
        details: [],
        checks: {
          connections: {
            is_healthy: true,
            used: expect.any(Number),
            max: expect.any(Number),
            share: expect.any(Number),
          },
          long_running: { is_healthy: true, count: 0, longest_ms: null, sessions: [] },
          locks: { is_healthy: true, waiting: 0, longest_wait_ms: null },
          replication: { is_healthy: true, role: 'primary', lag_ms: null, standbys: [] },
          cache: { hit_ratio: expect.any(Number), deadlocks: 0 },
          size: { bytes: expect.any(Number) },
        },
      },
      summary: 'shop: healthy',
    });
  });

  it('finds connections that are nearly used up', async () => {
    const outcome = await look({ checks: ['connections'], max_connection_share: 0 });

    expect(outcome).toMatchObject({ output: { is_healthy: false } });
    expect(outcome).toHaveProperty('output.reason', expect.stringMatching(/^\d+ of \d+ connections are used/));
  });

  it('finds a session that waits for a lock, who blocks it, and shows no values of its statement', async () => {
    const [blocker, waiter] = [await connect(), await connect()];
    const { rows } = await blocker.query<{ pid: number }>('select pg_backend_pid() as pid');
    await blocker.query('begin');
    await blocker.query('update stock set price = 1 where id = 1');
    const waiting = waiter.query("update stock set item = 'top secret' where id = 1");

    const outcome = await until('the wait', async () => {
      const found = await look({ checks: ['locks', 'long_running'], lock_wait: '0s', long_running: '0s' });
      const output = found.type === 'succeeded' ? (found.output as { checks: { locks: { waiting: number } } }) : null;
      return output?.checks.locks.waiting === 1 ? found : null;
    });
    await blocker.query('rollback');
    await waiting;

    expect(outcome).toMatchObject({
      output: {
        is_healthy: false,
        checks: {
          locks: {
            waiting: 1,
            sessions: [{ blocked_by: [rows[0]?.pid], query: 'update stock set item = ? where id = ?' }],
          },
          long_running: { is_healthy: false, count: 2 },
        },
      },
    });
    expect(JSON.stringify(outcome)).not.toContain('top secret');
  });

  it('runs a query of the step with its own values, and bounds its rows', async () => {
    const query =
      'select id, item, price, seen, count(*) over () as count, id as id, null as "none" from stock where id > $1 order by id;';

    const outcome = await look({ query, params: [10], max_rows: 2 });

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        reachable: true,
        is_healthy: null,
        columns: ['id', 'item', 'price', 'seen', 'count', 'id_2', 'none'],
        rows: [
          { id: 11, item: 'item 11', price: 16.5, seen: '2026-11-21T10:00:00.000Z', count: 10, id_2: 11, none: null },
          { id: 12 },
        ],
        row_count: 2,
        truncated: true,
        value: 11,
      },
      summary: 'shop: reachable, 2+ rows',
    });
  });

  it('answers null over no rows', async () => {
    expect(await look({ query: 'select id from stock where false' })).toMatchObject({
      output: { value: null, row_count: 0, rows: [], truncated: false },
    });
  });

  it.each([
    ["insert into stock values (99, 'x', 1, now())"],
    ['with gone as (delete from stock returning id) select * from gone'],
    ['select 1; drop table stock'],
    ['select 1; commit; drop table stock'],
    ['update stock set price = 0 returning id'],
    ['drop table stock'],
    ["select nextval('no_such')"],
    ["select set_config('transaction_read_only', 'off', true), lo_create(0)"],
    ['select id from stock for update'],
  ])('refuses to do anything but read: %s', async (query) => {
    const outcome = await look({ query });

    const { rows } = await (await connect()).query<{ count: string }>('select count(*) from stock where price > 0');
    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(rows[0]?.count).toBe('20');
  });

  it('keeps a value from becoming a part of the statement', async () => {
    const value = "x'; drop table stock; --";

    expect(await look({ query: 'select $1::text as said', params: [value] })).toMatchObject({ output: { value } });
  });

  it('ends a statement that takes too long, and may be asked again', async () => {
    const outcome = await look({ query: 'select pg_sleep(60)' }, { statement_timeout: '100ms' });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('statement_timeout'));
  });

  it('ends with its signal, and the server ends the statement', async () => {
    const cancel = new AbortController();
    const outcome = look({ query: 'select pg_sleep(60)' }, {}, own, cancel.signal);
    const sleeping = `select 1 from pg_stat_activity where datname = '${DATABASE}' and wait_event = 'PgSleep'`;
    await until('the statement', async () => (await admin.query(sleeping)).rowCount);

    cancel.abort();

    expect(await outcome).toMatchObject({ type: 'failed', retryable: true });
    await until('the server to end the statement', async () => (await admin.query(sleeping)).rowCount === 0);
  });

  it('finds a database unreachable that goes away while it is being looked at', async () => {
    const outcome = look({ query: 'select pg_sleep(60)' });
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${DATABASE}' and wait_event = 'PgSleep'`;
    await until('the statement', async () => (await admin.query(end)).rowCount);

    expect(await outcome).toMatchObject({ type: 'succeeded', output: { reachable: false, is_healthy: false } });
  });

  it('does not take one enormous value into memory', async () => {
    const outcome = await look({ query: "select repeat('x', 60000000)" });

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('is larger than'));
  });

  it('calls nothing healthy that its role may not see', async () => {
    const session = await connect();
    await session.query('begin');

    const outcome = await look({ checks: ['long_running', 'connections'] }, {}, urlOf(WATCHER, DATABASE));

    expect(outcome).toMatchObject({
      output: {
        reachable: true,
        is_healthy: null,
        checks: { long_running: { is_healthy: null }, connections: { is_healthy: true } },
        details: [expect.stringContaining(`grant pg_monitor to ${WATCHER}`)],
      },
    });
  });

  it('finds a database that does not exist', async () => {
    expect(await look({}, {}, urlOf('postgres', 'no_such_database'))).toMatchObject({
      type: 'succeeded',
      output: { reachable: true, is_healthy: false, reason: expect.stringContaining('3D000') },
    });
  });

  it('leaves no connection behind', async () => {
    await look({});

    const open = `select 1 from pg_stat_activity where datname = '${DATABASE}' and application_name = 'fixpoint'`;
    await until('the connections to be closed', async () => (await admin.query(open)).rowCount === 0);
  });

  it('tells the doctor the version and what is missing', async () => {
    const databases = {
      all: { url: own },
      watcher: { url: urlOf(WATCHER, DATABASE) },
      gone: { url: urlOf('nobody', DATABASE) },
    };
    const set = databaseModule.create(DatabaseConfig.parse({ databases }), {
      clock: SYSTEM_CLOCK,
      notify: () => Promise.resolve([]),
    });

    expect(await set.check(new AbortController().signal)).toMatchObject([
      { name: 'executors.database.databases.all', ok: true, message: expect.stringMatching(/^PostgreSQL \d+[^;]*$/) },
      { ok: true, message: expect.stringContaining(`grant pg_monitor to ${WATCHER}`) },
      { ok: false, message: expect.stringContaining('refused the login') },
    ]);
  });
});
