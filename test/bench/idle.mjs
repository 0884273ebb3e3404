// P13: what the service costs while nothing happens.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { end } from './child.mjs';
import { query } from './postgres.mjs';
import { CpuSum, cpuSeconds } from './proc.mjs';
import { spawnService, startedService, withGate } from './processes.mjs';
import { Unavailable } from './servers.mjs';
import { resultOf, runRounds } from './session.mjs';

/** The goal, in per cent of a core. */
const GOAL_PERCENT = 0.5;
/** What a start leaves to be done (garbage, first looks, connections that are given back) is not what idling costs. */
const SETTLE_MS = 20_000;
/** How often the backends of a database are looked at: one that comes and goes between two looks is not seen. */
const LOOK_MS = 5_000;

/** P13: CPU of services without alerts: on Postgres, on the embedded store, and with Kafka, all through the same minutes. */
export async function idle(bench) {
  return withGate(bench, 'P13', async ({ pgbench, fresh }) => {
    const session = await runRounds({
      ...bench.protocol,
      // One long look instead of several short ones: what happens every few minutes counts as well.
      rounds: 1,
      commits: () => pgbench.measure(bench.gateSeconds),
      measure: { reference: async () => GOAL_PERCENT, subject: () => idleCost(bench, fresh) },
      onRound: bench.onRound('P13'),
    });
    const result = (name, title, subject) =>
      resultOf({ name, title, unit: '% of a core', session, reference: (round) => round.reference, subject });
    const [{ subject }] = session.rounds;
    const results = [
      result(
        'P13',
        `CPU of the idle service over ${bench.idle} s, on Postgres / goal`,
        (round) => round.subject.external,
      ),
      result('P13-embedded', 'the same on the embedded store / goal', (round) => round.subject.embedded),
    ];
    if (subject.postgres !== undefined)
      results.push(
        result('P13-postgres', "what Postgres' backends of it use / goal", (round) => round.subject.postgres),
      );
    if (subject.kafka !== undefined)
      results.push(result('P13-kafka', 'with Kafka, on Postgres / goal', (round) => round.subject.kafka));
    return results;
  });
}

async function idleCost(bench, fresh) {
  const data = mkdtempSync(join(tmpdir(), 'fixpoint-bench-data-'));
  const database = await fresh();
  const services = {
    external: await spawnService({ DATABASE_URL: database.url }),
    embedded: await spawnService({ FIXPOINT_DATA_DIR: join(data, 'store') }),
  };
  const brokers = await brokersOf(bench);
  if (brokers !== null)
    services.kafka = await spawnService({ DATABASE_URL: (await fresh()).url, KAFKA_BROKERS: brokers });
  try {
    for (const service of Object.values(services)) await startedService(service);
    await sleep(SETTLE_MS);
    const before = costs(services);
    const backends = bench.postgres.isOwn ? new CpuSum() : null;
    const begin = performance.now();
    const until = begin + bench.idle * 1_000;
    for (;;) {
      backends?.look(await backendsOf(bench.postgres.url, database.url));
      const left = until - performance.now();
      if (left <= 0) break;
      await sleep(Math.min(LOOK_MS, left));
    }
    const after = costs(services);
    const took_s = (performance.now() - begin) / 1_000;
    const percent = (seconds) => (seconds / took_s) * 100;
    const found = Object.fromEntries(Object.keys(services).map((name) => [name, percent(after[name] - before[name])]));
    return backends === null ? found : { ...found, postgres: percent(backends.seconds) };
  } finally {
    for (const { child } of Object.values(services)) await end(child);
    rmSync(data, { recursive: true, force: true });
  }
}

async function brokersOf(bench) {
  try {
    return await bench.kafka.brokers();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    bench.say(`SKIPPED P13-kafka: ${error.message}`);
    return null;
  }
}

function costs(services) {
  return Object.fromEntries(
    Object.entries(services).map(([name, { child }]) => {
      const seconds = cpuSeconds(child.pid);
      if (seconds === null) throw new Error(`the idle service (${name}) is gone`);
      return [name, seconds];
    }),
  );
}

async function backendsOf(server, database) {
  const name = new URL(database).pathname.slice(1);
  const rows = await query(server, 'select pid from pg_stat_activity where datname = $1', [name]);
  return rows.map(({ pid }) => [pid, cpuSeconds(pid)]).filter(([, seconds]) => seconds !== null);
}
