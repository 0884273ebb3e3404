// P7 (rules, in a process that only computes), P8 (memory when idle) and P9 (time from start to the first accepted alert).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Asked, CPU, end, spawnNode } from './child.mjs';
import { Connection } from './connection.mjs';
import { installPeer } from './peers.mjs';
import { Pgbench, freePort } from './postgres.mjs';
import { Unavailable } from './servers.mjs';
import { median, resultOf, runRounds } from './session.mjs';
import { ALERTS, MATCHED_ALERTS, bodyOfRuns, createBody } from './workload.mjs';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..');
const TOKEN = 'bench-admin-token-0123456789';
const START_LIMIT_MS = 60_000;
/** Long enough for the first look at everything, and for the garbage of the start to be given back. */
const IDLE_AFTER_MS = 8_000;

/** P7: what a match costs among many rules, against few, and against a plain hash look-up. */
export async function rules(bench) {
  const child = spawnNode([join(HERE, 'rules.mjs')], { cpu: CPU.subject });
  const asked = new Asked(child);
  const engine = await jsonRules(bench);
  const { folder, database, pgbench } = await openGate(bench, 'P7');
  const reloader = spawnNode([join(HERE, 'reload.mjs'), join(folder, 'reload')], { cpu: CPU.subject });
  const reloading = new Asked(reloader);
  try {
    await asked.ready;
    await reloading.ready;
    if (engine) await expectSameRules(asked, engine);
    const seconds = bench.seconds / 4;
    const session = await runRounds({
      ...bench.protocol,
      commits: () => pgbench.measure(bench.gateSeconds),
      measure: {
        reference: async () => ({
          ten: await asked.ask('measure', { size: 'ten', seconds }),
          hash: await asked.ask('hash', { seconds }),
          ...(engine ? { json_rules: await engine.ask('measure', { seconds }) } : {}),
          parse: await reloading.ask('parse', {}),
        }),
        subject: async () => ({
          thousands: await asked.ask('measure', { size: 'thousands', seconds }),
          more: await asked.ask('measure', { size: 'more', seconds }),
          reload: await reloading.ask('reload', {}),
        }),
      },
      onRound: bench.onRound('P7'),
    });
    const about = { unit: 'µs an alert', session, reference: (round) => round.reference.ten.us };
    const results = [
      resultOf({
        ...about,
        name: 'P7',
        title: 'match among 10,000 rules / among 10',
        subject: (round) => round.subject.thousands.us,
      }),
      resultOf({
        ...about,
        name: 'P7-100k',
        title: 'match among 100,000 rules / among 10',
        subject: (round) => round.subject.more.us,
      }),
      resultOf({
        name: 'P7b',
        title: 'alerts matched among 10,000 rules / looked up in a hash index',
        unit: 'alerts/s',
        session,
        subject: (round) => 1e6 / round.subject.thousands.us,
        reference: (round) => 1e6 / round.reference.hash.us,
      }),
      resultOf({
        name: 'P7c',
        title: '10,000 changed rules taken up / their text read by JSON.parse',
        unit: 's',
        session,
        subject: (round) => round.subject.reload.ms / 1_000,
        reference: (round) => round.reference.parse.ms / 1_000,
      }),
      resultOf({
        name: 'P7c-block',
        title: 'longest stop of the event loop meanwhile / their text read by JSON.parse',
        unit: 's',
        session,
        subject: (round) => round.subject.reload.longest / 1_000,
        reference: (round) => round.reference.parse.ms / 1_000,
      }),
    ];
    if (engine)
      results.push(
        resultOf({
          name: 'P7-json-rules',
          title: 'alerts matched among 10,000 rules / among the same rules in json-rules-engine',
          unit: 'alerts/s',
          session,
          subject: (round) => 1e6 / round.subject.thousands.us,
          reference: (round) => 1e6 / round.reference.json_rules.us,
        }),
      );
    return results;
  } finally {
    await end(child, 'SIGKILL');
    if (engine) await end(engine.child, 'SIGKILL');
    await end(reloader, 'SIGKILL');
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rule engine that is shown beside; null, and a line that says so, where it cannot be had. */
async function jsonRules(bench) {
  try {
    const program = join(await installPeer('json-rules'), 'json-rules.mjs');
    const engine = new Asked(spawnNode([program, '10000', String(MATCHED_ALERTS)], { cpu: CPU.subject }));
    await engine.ready;
    return engine;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    bench.say(`SKIPPED P7-json-rules: ${error.message}`);
    return null;
  }
}

/** Both have to find the same rules, or the comparison is none. */
async function expectSameRules(asked, engine) {
  const alerts = 8;
  const ours = await asked.ask('matched', { alerts });
  const theirs = await engine.ask('matched', { alerts });
  if (JSON.stringify(ours) !== JSON.stringify(theirs))
    throw new Error(`not the same rules hold: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`);
  if (ours.every((rules) => rules.length === 0)) throw new Error('no rule holds for any of the alerts compared');
}

/** P8: resident memory of an idle service. */
export async function memory(bench) {
  return withGate(bench, 'P8', async ({ pgbench, fresh }) => {
    const session = await runRounds({
      ...bench.protocol,
      commits: () => pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => idleMemory(() => spawnBare(['-e', 'setInterval(() => {}, 1e6)']), null),
        subject: async () => {
          const { url } = await fresh();
          const external = await idleMemory(() => spawnService({ DATABASE_URL: url }), startedService);
          const data = mkdtempSync(join(tmpdir(), 'fixpoint-bench-data-'));
          try {
            const embedded = () =>
              idleMemory(() => spawnService({ FIXPOINT_DATA_DIR: join(data, 'store') }), startedService);
            return { external, first: await embedded(), warm: await embedded() };
          } finally {
            rmSync(data, { recursive: true, force: true });
          }
        },
      },
      onRound: bench.onRound('P8'),
    });
    const about = { unit: 'MB', session, reference: (round) => round.reference };
    return [
      resultOf({
        ...about,
        name: 'P8',
        title: 'idle memory on Postgres / bare node',
        subject: (round) => round.subject.external,
      }),
      resultOf({
        ...about,
        name: 'P8-embedded',
        title: 'idle memory on the embedded store / bare node',
        subject: (round) => round.subject.warm,
      }),
      resultOf({
        ...about,
        name: 'P8-embedded-first',
        title: 'idle memory on the embedded store after its first start / bare node',
        subject: (round) => round.subject.first,
      }),
    ];
  });
}

async function idleMemory(spawn, started) {
  const subject = await spawn();
  try {
    if (started) await started(subject);
    const samples = [];
    await sleep(IDLE_AFTER_MS);
    for (let turn = 0; turn < 5; turn++) {
      samples.push(residentMegabytes(subject.child.pid));
      await sleep(200);
    }
    return median(samples);
  } finally {
    await end(subject.child);
  }
}

/** taskset becomes node, so the pid is node's own; a child that is still there counts as well. */
function residentMegabytes(pid) {
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + residentMegabytes(child), own);
}

/** P9: from spawn to the first 202. */
export async function start(bench) {
  return withGate(bench, 'P9', async ({ pgbench, fresh }) => {
    const measureSubject = async () => {
      const { url } = await fresh();
      const migrating = await startTime(() => spawnService({ DATABASE_URL: url }));
      const external = await startTime(() => spawnService({ DATABASE_URL: url }));
      const data = mkdtempSync(join(tmpdir(), 'fixpoint-bench-data-'));
      try {
        const embedded = () => startTime(() => spawnService({ FIXPOINT_DATA_DIR: join(data, 'store') }));
        return { migrating, external, first: await embedded(), warm: await embedded() };
      } finally {
        rmSync(data, { recursive: true, force: true });
      }
    };
    const measureReference = async () => {
      const { url } = await fresh();
      return startTime(() => spawnBare([join(HERE, 'bare-fastify.mjs')], { DATABASE_URL: url }));
    };
    const session = await runRounds({
      ...bench.protocol,
      commits: () => pgbench.measure(bench.gateSeconds),
      measure: { reference: measureReference, subject: measureSubject },
      onRound: bench.onRound('P9'),
    });
    const about = { unit: 's', session, reference: (round) => round.reference / 1_000 };
    return [
      resultOf({
        ...about,
        name: 'P9',
        title: 'start to first accepted alert on Postgres / bare Fastify and pg',
        subject: (round) => round.subject.external / 1_000,
      }),
      resultOf({
        ...about,
        name: 'P9-embedded',
        title: 'start to first accepted alert on the embedded store / bare Fastify and pg',
        subject: (round) => round.subject.warm / 1_000,
      }),
      resultOf({
        ...about,
        name: 'P9-embedded-first',
        title: 'first start ever to first accepted alert on the embedded store / bare Fastify and pg',
        subject: (round) => round.subject.first / 1_000,
      }),
    ];
  });
}

async function startTime(spawn) {
  const begin = performance.now();
  const subject = await spawn();
  try {
    await accepted(subject);
    return performance.now() - begin;
  } finally {
    await end(subject.child);
  }
}

const body = createBody(bodyOfRuns(ALERTS.sequential, 1));
let number = 0;

/** Asks until an alert is accepted; a refused connection is asked again at once. */
async function accepted({ child, port }) {
  const until = performance.now() + START_LIMIT_MS;
  number += 1;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode} while it was starting`);
    try {
      const connection = await openConnection({ port });
      const { status } = await connection.post(body(number));
      connection.close();
      if (status === 202) return;
    } catch (error) {
      if (error.code !== 'ECONNREFUSED') throw error;
    }
    if (performance.now() > until) throw new Error(`no alert was accepted within ${START_LIMIT_MS} ms`);
    await sleep(2);
  }
}

/** Resolves when it has accepted its first alert. */
export async function startedService(subject) {
  await accepted(subject);
}

/** A connection on which alerts are posted to a service of `spawnService`. */
export function openConnection({ port }) {
  return Connection.open(`http://127.0.0.1:${port}/api/v1/webhooks/alertmanager`, TOKEN);
}

/** Resolves when it answers at all. */
export async function startedUp({ child, port }) {
  const until = performance.now() + START_LIMIT_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode} while it was starting`);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await sleep(5);
  }
  throw new Error(`the service did not answer within ${START_LIMIT_MS} ms`);
}

/** The service as `npm start` starts it, with this environment over the benchmark's own. */
export async function spawnService(env, port = null) {
  port ??= await freePort();
  const child = spawnNode([join(ROOT, 'dist', 'main.bundle.mjs')], {
    cpu: CPU.subject,
    cwd: ROOT,
    env: { HOST: '127.0.0.1', PORT: String(port), FIXPOINT_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, port };
}

async function spawnBare(args, env = {}) {
  const port = await freePort();
  const child = spawnNode(args, {
    cpu: CPU.subject,
    cwd: ROOT,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { child, port };
}

/** Hands `work` a pgbench for the gate and a maker of databases, and removes what they left. */
export async function withGate(bench, name, work) {
  const { folder, database, pgbench } = await openGate(bench, name);
  const databases = [];
  const fresh = async () => {
    const made = await bench.postgres.createDatabase(`bench_${name.toLowerCase()}_${databases.length}`);
    databases.push(made);
    return made;
  };
  try {
    return await work({ pgbench, fresh });
  } finally {
    for (const made of [database, ...databases]) await made.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** These goals do without a store of their own, but the gate asks pgbench whether the machine is the same as before. */
async function openGate(bench, name) {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-bench-gate-'));
  const database = await bench.postgres.createDatabase(`bench_${name.toLowerCase()}_gate`);
  return { folder, database, pgbench: await Pgbench.open(database.url, folder) };
}
