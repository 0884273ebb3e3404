import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort } from '../../../test/helper/loopback.js';
import { until } from '../../../test/helper/until.js';
import type { ExecutorSet } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { DatabaseConfig, parseAddress } from './config.js';
import { databaseModule } from './database.js';
import { DatabaseCheckInput, checksOf } from './input.js';
import { maskStatement } from './statement.js';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A server that does with each connection what the test says; answers its port and its open connections. */
async function serve(onConnection: (socket: Socket) => void): Promise<{ port: number; sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.resume(); // a socket that nobody reads never learns that it was closed
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => new Promise((resolve) => server.close(resolve)));
  opened.push(() => sockets.forEach((socket) => socket.destroy()));
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** One message of Postgres' protocol. */
function message(type: string, body: Buffer | string): Buffer {
  const content = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function errorMessage(state: string, text: string): Buffer {
  return message('E', `SFATAL\0VFATAL\0C${state}\0M${text}\0\0`);
}

const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I')]);

function open(url: string, over: Record<string, unknown> = {}): ExecutorSet {
  const config = DatabaseConfig.parse({ databases: { shop: { url, services: ['inventory-service'] } }, ...over });
  return databaseModule.create(config, { clock: new FakeClock(), notify: () => Promise.resolve([]) });
}

function look(url: string, over: Record<string, unknown> = {}, signal = anAttempt().signal): Promise<Outcome> {
  return open(url, over).executors['database_check']!.execute(DatabaseCheckInput.parse({}), anAttempt({ signal }));
}

function urlOf(port: number, query = ''): string {
  return `postgres://fixpoint:pass-word@127.0.0.1:${port}/shop${query}`;
}

describe('a database that cannot be reached', () => {
  it('is a finding: unreachable, not healthy, and why', async () => {
    const port = await freePort();

    const outcome = await look(urlOf(port));

    const reason = `127.0.0.1:${port}/shop: refused the connection`;
    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { database: 'shop', reachable: false, is_healthy: false, reason, checks: {}, details: [reason] },
      summary: `shop: unreachable, ${reason}`,
    });
  });

  it('may have no name', async () => {
    expect(await look('postgres://u:p@no-such-host.invalid/shop')).toMatchObject({
      output: { reachable: false, reason: 'no-such-host.invalid:5432/shop: no such host' },
    });
  });

  it('may take the connection and say nothing', async () => {
    const { port, sockets } = await serve(() => undefined);

    const outcome = await look(urlOf(port), { connect_timeout: '100ms' });

    expect(outcome).toMatchObject({ type: 'succeeded', output: { reachable: false } });
    expect(outcome).toHaveProperty('output.reason', expect.stringContaining('no connection within 100 ms'));
    await until('the connection to be closed', () => sockets.size === 0);
  });

  it.each([
    ['close the connection', (socket: Socket) => socket.destroy()],
    ['close it after the greeting', (socket: Socket) => socket.once('data', () => socket.destroy())],
    ['close it after the login', (socket: Socket) => socket.once('data', () => socket.end(WELCOME))],
  ])('may %s', async (_what, onConnection) => {
    const { port } = await serve(onConnection);

    expect(await look(urlOf(port))).toMatchObject({
      type: 'succeeded',
      output: { reachable: false, is_healthy: false },
    });
  });
});

describe('a database that turns the connection away', () => {
  it.each([
    ['53300', 'sorry, too many clients already'],
    ['57P03', 'the database system is starting up'],
    ['3D000', 'database "shop" does not exist'],
  ])('with %s is reached and not healthy', async (state, text) => {
    const { port } = await serve((socket) => socket.once('data', () => socket.end(errorMessage(state, text))));

    const outcome = await look(urlOf(port));

    expect(outcome).toMatchObject({ type: 'succeeded', output: { reachable: true, is_healthy: false } });
    expect(outcome).toHaveProperty('output.reason', expect.stringContaining(`${text} (${state})`));
  });

  it('because of our login says nothing about its health: the step fails and names the key', async () => {
    const said = errorMessage('28P01', 'password authentication failed for user "fixpoint" (pass-word)');
    const { port } = await serve((socket) => socket.once('data', () => socket.end(said)));

    const outcome = await look(urlOf(port));

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('executors.database.databases.shop.url'));
    expect(JSON.stringify(outcome)).not.toContain('pass-word');
  });

  it('because it speaks no TLS fails the step', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.end('N')));

    const outcome = await look(urlOf(port, '?sslmode=verify-full'));

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('TLS failed'));
  });
});

describe('a step that is given up', () => {
  it('ends while it connects, and leaves no connection behind', async () => {
    const { port, sockets } = await serve(() => undefined);
    const cancel = new AbortController();
    const outcome = look(urlOf(port), {}, cancel.signal);
    await until('the connection', () => sockets.size === 1);

    cancel.abort();

    expect(await outcome).toMatchObject({ type: 'failed', retryable: true });
    await until('the connection to be closed', () => sockets.size === 0);
  });

  it('ends while a statement hangs', async () => {
    let asked = 0;
    const { port, sockets } = await serve((socket) => {
      socket.once('data', () => {
        socket.write(WELCOME);
        socket.on('data', () => (asked += 1));
      });
    });
    const cancel = new AbortController();
    const outcome = look(urlOf(port), {}, cancel.signal);
    await until('the first statement', () => asked > 0);

    cancel.abort();

    expect(await outcome).toMatchObject({ type: 'failed', retryable: true });
    await until('the connection to be closed', () => sockets.size === 0);
  });

  it('does not begin after it was given up', async () => {
    const { port, sockets } = await serve(() => undefined);

    expect(await look(urlOf(port), {}, AbortSignal.abort())).toMatchObject({ type: 'failed', retryable: true });
    expect(sockets.size).toBe(0);
  });
});

describe('which database is meant', () => {
  const two = { databases: { a: { url: urlOf(1), services: ['x', 'y'] }, b: { url: urlOf(1), services: ['y'] } } };

  it.each([
    [{}, 'name the database to look at; there are: a, b'],
    [{ database: 'c' }, 'database c is not configured in executors.database.databases; there are: a, b'],
    [{ service: 'z' }, 'no database lists the service z'],
    [{ service: 'y' }, 'several databases list the service y'],
  ])('is not told by %j', async (input, reason) => {
    const executor = open(urlOf(1), two).executors['database_check']!;

    const outcome = await executor.execute(DatabaseCheckInput.parse(input), anAttempt());

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringContaining(reason));
  });

  it.each([{ database: 'a' }, { service: 'x' }])('is told by %j', async (input) => {
    const executor = open(urlOf(1), two).executors['database_check']!;

    expect(await executor.execute(DatabaseCheckInput.parse(input), anAttempt())).toMatchObject({
      type: 'succeeded',
      output: { database: 'a' },
    });
  });
});

describe('the address of a database', () => {
  it('is taken apart', () => {
    expect(parseAddress('postgresql://me:p%40ss@[::1]:5433/my%20db?sslmode=verify-full')).toEqual({
      host: '::1',
      port: 5433,
      user: 'me',
      password: 'p@ss',
      database: 'my db',
      ssl_mode: 'verify-full',
    });
  });

  it.each([
    'mysql://u:secret@h/d',
    'postgres://u:secret@/d',
    'postgres://:secret@h/d',
    'postgres://u:secret@h',
    'postgres://u:secret@h/a/b',
    'postgres://u:secret@h/d?sslmode=prefer',
    'postgres://u:secret@h/d?host=/tmp',
    'postgres://u:secret%ZZ@h/d',
    'secret',
  ])('is refused without repeating it: %s', (url) => {
    const parsed = DatabaseConfig.safeParse({ databases: { shop: { url } } });

    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual(['databases.shop.url']);
    expect(JSON.stringify(parsed.error?.issues)).not.toContain('secret');
  });

  it('must be there', () => {
    expect(DatabaseConfig.safeParse({ databases: {} }).success).toBe(false);
  });
});

describe('the input', () => {
  it.each([
    [{ checks: ['speed'] }, 'checks.0'],
    [{ database: 'a', service: 'b' }, 'service'],
    [{ params: [1] }, 'params'],
    [{ max_rows: 100_000 }, 'max_rows'],
    [{ max_connection_share: 90 }, 'max_connection_share'],
    [{ lock_wait: 'long' }, 'lock_wait'],
    [{ sql: 'select 1' }, ''],
  ])('%j has its problem at %j', (input, place) => {
    expect(DatabaseCheckInput.safeParse(input).error?.issues.map((issue) => issue.path.join('.'))).toEqual([place]);
  });

  it.each([
    [{}, 6],
    [{ query: 'select 1' }, 0],
    [{ query: 'select 1', checks: ['size', 'size'] }, 1],
  ])('%j asks for %d checks', (input, count) => {
    expect(checksOf(DatabaseCheckInput.parse(input))).toHaveLength(count);
  });
});

describe('a statement in a record', () => {
  it.each([
    ["select * from users where mail = 'a@b.c' and id = 17", 'select * from users where mail = ? and id = ?'],
    ["update t2 set a = 'it''s' where b = 1.5", 'update t2 set a = ? where b = ?'],
    ['select $1, $2', 'select $1, $2'],
    ["select 'never end", 'select ?'],
    ['select $x$ secret $x$, 1 -- secret', 'select ?, ?'],
    ['select /* secret */ 1', 'select ?'],
    ["select E'a\\'secret' || 'b'", 'select …'],
    ["alter role x\n password 'secret'", 'alter role x password ?'],
  ])('shows no values: %j', (statement, masked) => {
    expect(maskStatement(statement)).toBe(masked);
  });
});
