// The subject: a whole Fixpoint as it is shipped, with one more executor that does nothing. The parent asks over IPC, the load generator
// hears over a local socket how many runs have ended.
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:net';
import pino from 'pino';
import { z } from 'zod';
import { startApp } from '../../dist/app.js';
import { systemClock } from '../../dist/system-clock.js';
import { ROLES } from '../../dist/app/work-roles.js';
import { loadConfig } from '../../dist/config.js';

/** Clock that all processes of a machine share; the load generator reads the same one. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const listeners = new Set();
let app;
let ended = 0;
let telling = false;
let isFlying = false;
/** Whether single times are noted; off where only the count matters. */
let noting = false;
/** When the last webhook came in: with one run at a time, that is when the run began. */
let requested = 0;
/** From request to durable end, in milliseconds. */
let took = [];
/** When first steps were begun, by their alert's fingerprint. */
let begun = [];

const noop = {
  name: 'noop',
  config: z.strictObject({}).prefault({}),
  specs: [
    {
      kind: 'noop',
      title: 'Does nothing',
      effect: 'read',
      input: z.strictObject({ place: z.enum(['first', 'middle', 'last', 'park']) }),
      output_keys: [],
    },
  ],
  create: () => ({
    executors: { noop: { execute } },
    check: () => Promise.resolve([]),
    stop: () => Promise.resolve(),
  }),
};

async function execute({ place }, attempt) {
  if (noting && place === 'first') begun.push([attempt.alert?.fingerprint, now()]);
  if (place === 'last') hearOfEnd(attempt.run_id);
  if (place === 'park')
    await new Promise((resolve) => attempt.signal.addEventListener('abort', resolve, { once: true }));
  return { type: 'succeeded', output: null };
}

/** Runs that were begun here: who waits for their end, or null where that came first. */
const flying = new Map();

/** Keeps `inFlight` runs under way that this process itself begins; answers how many ended in time, and how many in all. */
async function fly({ playbook_id, inFlight, seconds }) {
  const until = now() + seconds * 1_000;
  let ended = 0;
  let all = 0;
  async function work() {
    while (now() < until) {
      const run_id = await app.startRun(playbook_id, { alert: null, dry_run: false, by: 'bench' });
      if (!flying.delete(run_id)) await new Promise((resolve) => flying.set(run_id, resolve));
      all += 1;
      if (now() <= until) ended += 1;
    }
  }
  isFlying = true;
  await Promise.all(Array.from({ length: inFlight }, work));
  isFlying = false;
  return { ended, all, took_ms: seconds * 1_000 };
}

function tellFlying(run_id) {
  const wake = flying.get(run_id);
  if (wake === undefined) return flying.set(run_id, null);
  flying.delete(run_id);
  wake();
}

/** The commit that follows the last step's attempt is the one that ends the run. */
function hearOfEnd(run_id) {
  // A run from before a crash goes on while the app still starts: no load generator waits for it.
  if (app === undefined) return;
  const stop = app.store.runView.onEvents(run_id, () => {
    stop();
    ended += 1;
    if (isFlying) tellFlying(run_id);
    if (noting) took.push(now() - requested);
    if (telling) return;
    telling = true;
    setImmediate(() => {
      telling = false;
      for (const listener of listeners) listener.write(`${ended}\n`);
    });
  });
}

subscribe('http.server.request.start', () => {
  requested = now();
});

const answers = {
  /** Begins to note single times. */
  note() {
    noting = true;
  },
  /** What was noted since then. */
  collect() {
    const noted = { took, begun };
    noting = false;
    took = [];
    begun = [];
    return noted;
  },
  fly,
  memory: () => process.memoryUsage(),
  cpu: () => process.cpuUsage(),
  async stop() {
    for (const listener of listeners) listener.destroy();
    socket.close();
    await app.stop();
  },
};

process.on('message', async ({ id, ask, ...parameters }) => {
  const value = await answers[ask](parameters);
  process.send({ id, value }, () => {
    if (ask === 'stop') process.disconnect();
  });
});

const socket = createServer((listener) => {
  listeners.add(listener);
  // Whoever comes later counts from here.
  listener.write(`${ended}\n`);
  listener.on('error', () => undefined);
  listener.on('close', () => listeners.delete(listener));
});
socket.listen(process.env.BENCH_SOCKET);

const config = loadConfig({ file: null, env: process.env, cwd: process.cwd() });
app = await startApp({
  config,
  roles: ROLES,
  clock: systemClock,
  log: pino({ level: config.settings.log_level, base: null }, pino.destination(2)),
  version: 'bench',
  executors: [noop],
});
for (const { file, line, message } of app.catalog.problems) throw new Error(`${file}:${line}: ${message}`);
process.send({ ready: { url: app.url, rules: app.catalog.rules.length } });
