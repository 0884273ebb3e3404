import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeze, thaw } from './freeze.js';
import { freePort } from './loopback.js';
import { servers } from './servers.js';

type Name = 'postgres' | 'kafka';

/** A Postgres and a Kafka that nobody else uses, on ports of their own: they may be stopped and frozen. */
export interface OwnServers {
  readonly postgres: string;
  readonly kafka: string;
  down(name: Name): Promise<void>;
  up(name: Name): Promise<void>;
  /** Stops all of its processes where they stand, as a machine that hangs would; its connections stay open. */
  freeze(name: Name): Promise<void>;
  thaw(name: Name): void;
  /** Ends both and removes what they left. */
  remove(): Promise<void>;
}

/** Starts both; they take what is installed from where all servers are. */
export async function startOwnServers(): Promise<OwnServers> {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-own-'));
  // Postgres runs as somebody else.
  chmodSync(directory, 0o755);
  const ports = { postgres: await freePort(), kafka: await freePort(), controller: await freePort() };
  const env = {
    SERVERS_RUN_DIR: directory,
    POSTGRES_PORT: String(ports.postgres),
    PORT: String(ports.kafka),
    CONTROLLER: String(ports.controller),
  };
  const ask = async (...args: string[]): Promise<void> => {
    const said = await servers(args, env);
    if (said.code !== 0) throw new Error(`servers ${args.join(' ')}: ${said.text.trim().slice(-1_000)}`);
  };
  const processesOf = (name: Name): number[] => {
    const pid = Number(readFileSync(join(directory, `${name}.pid`), 'utf8'));
    return [pid, ...childrenOf(pid)];
  };
  const own: OwnServers = {
    postgres: `postgres://postgres@127.0.0.1:${ports.postgres}/fixpoint`,
    kafka: `127.0.0.1:${ports.kafka}`,
    down: (name) => ask('down', name),
    up: (name) => ask('up', name),
    freeze: async (name) => void (await Promise.all(processesOf(name).map(freeze))),
    thaw: (name) => processesOf(name).forEach(thaw),
    remove: async () => {
      for (const name of ['postgres', 'kafka'] as const) processesOf(name).forEach(thaw);
      await ask('down', 'kafka', 'postgres');
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await Promise.all([own.up('postgres'), own.up('kafka')]);
    return own;
  } catch (error) {
    await ask('down', 'kafka', 'postgres').catch(() => undefined);
    throw error;
  }
}

/** A Postgres' children are groups of their own, which no signal to its group reaches. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | null {
  try {
    // "pid (name) state ppid …": the name may hold anything, so it is read from the last bracket on.
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return null;
  }
}
