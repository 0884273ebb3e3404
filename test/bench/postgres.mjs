// The store under the benchmark: native Postgres with its default durability, and pgbench as the reference for what it can do.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { servers } from './servers.mjs';

const run = promisify(execFile);
const PROGRAMS = '/usr/lib/postgresql';
const CLIENTS = 8;

/**
 * A Postgres for one session: the one that BENCH_DATABASE_URL names, else one of its own in a temporary folder. Refuses to go on
 * where commits would not be durable.
 */
export async function openPostgres() {
  const given = process.env.BENCH_DATABASE_URL;
  const own = given ? null : await startOwn();
  const url = given ?? own.url;
  try {
    const settings = await readSettings(url);
    for (const name of ['fsync', 'synchronous_commit'])
      if (settings[name] !== 'on')
        throw new Error(`Postgres runs with ${name}=${settings[name]}; these goals are stated for on`);
    return {
      settings,
      url,
      /** Whether its processes are processes of this machine. */
      isOwn: own !== null,
      createDatabase: (name) => createDatabase(url, name),
      stop: async () => own?.stop(),
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function startOwn() {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-'));
  const port = await freePort();
  const env = { SERVERS_RUN_DIR: folder, POSTGRES_PORT: String(port), PG_DURABLE: '1' };
  await servers(['up', 'postgres'], env);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await servers(['down', 'postgres'], env);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks one statement over a connection of its own. */
export async function query(url, text, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function readSettings(url) {
  const names = [
    'server_version',
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'wal_sync_method',
    'shared_buffers',
  ];
  const settings = {};
  for (const name of names) [settings[name]] = Object.values((await query(url, `show ${name}`))[0]);
  return settings;
}

async function createDatabase(url, name) {
  await query(url, `drop database if exists ${name} with (force)`);
  await query(url, `create database ${name}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return { url: String(address), drop: () => query(url, `drop database if exists ${name} with (force)`) };
}

/** Single-row insert commits a second by 8 clients of pgbench: what this Postgres on this machine can commit. */
export class Pgbench {
  #url;
  #script;

  static async open(url, folder) {
    await query(url, 'create table if not exists bench_commit (id bigserial primary key, payload text not null)');
    const script = join(folder, 'insert.sql');
    writeFileSync(script, `insert into bench_commit (payload) values ('${'x'.repeat(100)}');\n`);
    return new Pgbench(url, script);
  }

  constructor(url, script) {
    this.#url = url;
    this.#script = script;
  }

  async measure(seconds) {
    const { hostname, port, username, password, pathname } = new URL(this.#url);
    const args = ['-n', '-c', String(CLIENTS), '-f', this.#script, '-T', String(Math.max(1, Math.round(seconds)))];
    const where = ['-h', hostname, '-p', port || '5432', '-U', username || 'postgres', pathname.slice(1)];
    const { stdout } = await run(program('pgbench'), [...args, ...where], {
      env: { ...process.env, PGPASSWORD: password },
    });
    const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    if (rate === undefined) throw new Error(`pgbench said no rate: ${stdout}`);
    return Number(rate);
  }
}

function program(name) {
  const versions = readdirSync(PROGRAMS).sort((a, b) => Number(b) - Number(a));
  if (versions.length === 0) throw new Error(`no Postgres programs in ${PROGRAMS}: install Debian's postgresql`);
  return join(PROGRAMS, versions[0], 'bin', name);
}
