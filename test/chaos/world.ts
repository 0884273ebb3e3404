import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../helper/loopback.js';
import { servers } from '../helper/servers.js';
import { until } from '../helper/until.js';

/** A Postgres and a Kafka that nobody else uses: they are killed here. */
export interface OwnServers {
  readonly postgres_port: number;
  /** Where Kafka really listens; it tells its clients `kafka_advertised`. */
  readonly kafka_port: number;
  readonly kafka_advertised: number;
  createDatabase(name: string): Promise<void>;
  restartPostgres(stop: 'fast' | 'immediate'): Promise<void>;
  restartKafka(signal: 'TERM' | 'KILL'): Promise<void>;
  stop(): Promise<void>;
}

/** A server that does not end or start within this does so never. */
const RESTART_LIMIT_MS = 90_000;

/** Starts both in a folder of their own, on free ports, with everything durable. */
export async function startServers(directory: string): Promise<OwnServers> {
  const [postgres_port, kafka_port, controller, kafka_advertised] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const env = {
    SERVERS_RUN_DIR: directory,
    PG_DURABLE: '1',
    POSTGRES_PORT: String(postgres_port),
    PORT: String(kafka_port),
    CONTROLLER: String(controller),
    KAFKA_ADVERTISED: `127.0.0.1:${kafka_advertised}`,
  };
  const ask = async (args: readonly string[], more: Record<string, string> = {}): Promise<void> => {
    const said = await servers(args, { ...env, ...more }, RESTART_LIMIT_MS);
    if (said.code !== 0) throw new Error(`servers ${args.join(' ')}: ${said.text.trim().slice(-1_000)}`);
  };
  await Promise.all([ask(['up', 'postgres']), ask(['up', 'kafka'])]);
  return {
    postgres_port,
    kafka_port,
    kafka_advertised,
    createDatabase: (name) => createDatabase(postgres_port, name),
    restartPostgres: async (stop) => {
      await ask(['down', 'postgres'], { PG_STOP: stop });
      await ask(['up', 'postgres']);
    },
    restartKafka: async (signal) => {
      if (signal === 'KILL') process.kill(Number(readFileSync(join(directory, 'kafka.pid'), 'utf8')), 'SIGKILL');
      await ask(['down', 'kafka']);
      await ask(['up', 'kafka']);
    },
    stop: async () => {
      await ask(['down', 'kafka', 'postgres']);
    },
  };
}

async function createDatabase(port: number, name: string): Promise<void> {
  await until('Postgres to take connections', async () => {
    const client = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` });
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return true;
  });
}
