// P12: a thousand runs are under way when the service is killed. How long until each of them is under way again, or stands as in doubt?
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { end } from './child.mjs';
import { openConnection, spawnService, startedUp } from './processes.mjs';
import { freePort } from './postgres.mjs';
import { resultOf, runRounds } from './session.mjs';
import { bodyOfRuns, createBody } from './workload.mjs';
import { World } from './world.mjs';

/** The goal, in seconds. */
const GOAL_S = 2;
const ALERTS_A_POST = 20;
/** POSTs by what their runs are doing when the service dies; those that sleep are on top of the thousand. */
const POSTS = { read: 25, write: 12, wait: 13, sleep: 10 };
const RUNS = Object.fromEntries(Object.entries(POSTS).map(([kind, posts]) => [kind, posts * ALERTS_A_POST]));
const IN_FLIGHT = RUNS.read + RUNS.write + RUNS.wait;
/** Shorter than what makes a run leave the memory, longer than all that comes before its end is looked at. */
const WAIT_S = 40;
const LIMIT_MS = 60_000;
const LOOK_MS = 20;

/** P12: from the start of the new process, and from when it was ready, until the last of them was taken up. */
export async function resume(bench) {
  let gate = await World.open(bench.postgres, 'P12');
  try {
    const session = await runRounds({
      ...bench.protocol,
      commits: () => gate.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: async () => GOAL_S,
        subject: async () => {
          const found = await killAndResume(gate, bench);
          await gate.close();
          gate = await World.open(bench.postgres, 'P12');
          return found;
        },
      },
      onRound: bench.onRound('P12'),
    });
    const about = { unit: 's', session, reference: (round) => round.reference };
    return [
      resultOf({
        ...about,
        name: 'P12',
        title: `${IN_FLIGHT} runs under way, SIGKILL: start of the process to the last one resumed or in doubt / goal`,
        subject: (round) => round.subject.from_start,
      }),
      resultOf({
        ...about,
        name: 'P12-ready',
        title: 'the same from when the process was ready / goal',
        subject: (round) => Math.max(0, round.subject.from_ready),
      }),
    ];
  } finally {
    await gate.close();
  }
}

async function killAndResume(world, bench) {
  const target = await Target.open();
  const watch = new pg.Client({ connectionString: world.database.url });
  await watch.connect();
  // What is started is what is shipped: the runs need nothing but calls and waits.
  const config = join(world.folder, 'flights.yaml');
  // More calls hang at the one target than a host would be asked at once otherwise.
  writeFileSync(config, JSON.stringify({ executors: { api_call: { max_at_once: 2 * IN_FLIGHT } } }));
  const env = {
    DATABASE_URL: world.database.url,
    FIXPOINT_PLAYBOOKS_DIR: world.playbooks,
    FIXPOINT_CONFIG: config,
  };
  let service = null;
  const port = await freePort();
  const start = async () => startedUp((service = await spawnService(env, port)));
  try {
    await world.kill();
    writeFlights(world.playbooks, target.url);
    // What a start takes that finds nothing to resume, for comparison.
    const starts = performance.now();
    await start();
    const begin = performance.now();
    const { acknowledged, waiting_since } = await post(service);
    await reached('all runs are under way', () => isUnderWay(watch, target));
    const [{ lease_owner: killed }] = (await watch.query('select lease_owner from runs where lease_owner is not null'))
      .rows;
    await end(service.child, 'SIGKILL');
    target.crashed();
    const started = performance.now();
    const spent_s = (started - waiting_since) / 1_000;
    if (spent_s > WAIT_S / 2)
      throw new Error(`the runs that wait took ${spent_s} s to begin: some would end before they are looked at`);
    const starting = start().then(() => performance.now());
    await reached('all runs are resumed or in doubt', () => isResumed(watch, target, killed));
    const resumed = performance.now();
    const ready = await starting;
    target.release();
    await verify(watch, target, acknowledged, bench);
    return {
      from_start: (resumed - started) / 1_000,
      from_ready: (resumed - ready) / 1_000,
      ready: (ready - started) / 1_000,
      ready_without_runs: (begin - starts) / 1_000,
      begun: (started - begin) / 1_000,
    };
  } finally {
    if (service) await end(service.child);
    await watch.end();
    await target.close();
  }
}

/** Each run does something first that must never be done again; then it is under way. */
function writeFlights(folder, url) {
  const first = { id: 'first', type: 'api_call', action: `POST ${url}/first/{{ run.run_id }}` };
  const then = (id, rest) => ({ id, depends_on: ['first'], timeout: '5m', ...rest });
  const flights = {
    read: [then('read', { type: 'api_call', action: `GET ${url}/read/{{ run.run_id }}` })],
    write: [then('write', { type: 'api_call', action: `POST ${url}/write/{{ run.run_id }}` })],
    wait: [
      then('wait', { type: 'wait', parameters: { duration: `${WAIT_S}s` } }),
      { ...first, id: 'after', depends_on: ['wait'], action: `POST ${url}/after/{{ run.run_id }}` },
    ],
    sleep: [then('sleep', { type: 'wait', parameters: { duration: '2h' }, timeout: '3h' })],
  };
  for (const [kind, tasks] of Object.entries(flights)) {
    const playbook = {
      playbook_id: `PB-Flight-${kind}`,
      mode: 'auto',
      timeout: '4h',
      trigger_conditions: [{ alert_name: alertOf(kind) }],
      tasks: [first, ...tasks],
    };
    writeFileSync(join(folder, `flight-${kind}.yaml`), JSON.stringify(playbook));
  }
}

function alertOf(kind) {
  return `Bench_Flight_${kind}`;
}

async function post(service) {
  const connection = await openConnection(service);
  const acknowledged = [];
  let number = 0;
  let waiting_since = 0;
  // Those that wait come last: what is left of their time is what the rest of the round has.
  for (const kind of ['sleep', 'read', 'write', 'wait']) {
    const body = createBody(bodyOfRuns(alertOf(kind), ALERTS_A_POST));
    waiting_since = performance.now();
    for (let turn = 0; turn < POSTS[kind]; turn++) {
      const { status, body: answer } = await connection.post(body((number += 1)));
      if (status !== 202) throw new Error(`expected 202, got ${status} ${answer}`);
      acknowledged.push(...JSON.parse(answer).alerts.map((alert) => alert.alert_id));
    }
  }
  connection.close();
  return { acknowledged, waiting_since };
}

async function reached(what, ask) {
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const left = await ask();
    if (left === '') return;
    if (performance.now() > until) throw new Error(`${what}: not within ${LIMIT_MS} ms: ${left}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What is missing until everything is under way; nothing when nothing is. */
async function isUnderWay(watch, target) {
  const begun = { read: target.count('read'), write: target.count('write') };
  if (begun.read < RUNS.read || begun.write < RUNS.write) return JSON.stringify(begun);
  const [waits] = (
    await watch.query(
      `select count(*) filter (where lease_owner is not null)::int as wait, count(*) filter (where lease_owner is null)::int as sleep
        from runs where open and playbook_id in ('PB-Flight-wait', 'PB-Flight-sleep') and exists (
          select from run_changes, json_array_elements(events) as event (doc) where run_changes.run_id = runs.run_id and event.doc->>'type' = 'step_waiting')`,
    )
  ).rows;
  return waits.wait === RUNS.wait && waits.sleep === RUNS.sleep ? '' : JSON.stringify({ ...begun, ...waits });
}

/** A read is resumed when the other side hears it again, a write when it waits for a person, a wait when it has a new holder. */
async function isResumed(watch, target, killed) {
  const [found] = (
    await watch.query({
      name: 'resumed',
      text: `select count(*) filter (where state = 'waiting' and playbook_id = 'PB-Flight-write')::int as write,
        count(*) filter (where lease_owner <> $1 and playbook_id = 'PB-Flight-wait')::int as wait from runs where open`,
      values: [killed],
    })
  ).rows;
  const read = target.again();
  return read === RUNS.read && found.write === RUNS.write && found.wait === RUNS.wait
    ? ''
    : JSON.stringify({ ...found, read });
}

/** Nothing lost, nothing repeated: what was done once, what is in doubt, and that the others reach their end. */
async function verify(watch, target, acknowledged, bench) {
  const ended = `select count(*)::int as ended from runs where state = 'succeeded'`;
  await reached('the resumed runs have ended', async () => {
    const [row] = (await watch.query(ended)).rows;
    return row.ended === RUNS.read + RUNS.wait ? '' : JSON.stringify(row);
  });
  const [found] = (
    await watch.query(
      `select count(*)::int as kept, count(distinct runs.run_id)::int as runs,
        count(*) filter (where state = 'succeeded')::int as succeeded, count(*) filter (where state = 'waiting')::int as in_doubt,
        count(*) filter (where playbook_id = 'PB-Flight-sleep' and open and lease_owner is null and wake_at > now())::int as asleep
        from alerts left join runs using (run_id) where alert_id = any($1)`,
      [acknowledged],
    )
  ).rows;
  const all = IN_FLIGHT + RUNS.sleep;
  const succeeded = RUNS.read + RUNS.wait;
  const wanted = { kept: all, runs: all, succeeded, in_doubt: RUNS.write, asleep: RUNS.sleep };
  const heard = { first: [all, 1], read: [RUNS.read, 2], write: [RUNS.write, 1], after: [RUNS.wait, 1] };
  const wrong = [];
  for (const [name, value] of Object.entries(wanted))
    if (found[name] !== value) wrong.push(`${name} is ${found[name]}, expected ${value}`);
  for (const [kind, [runs, times]] of Object.entries(heard)) {
    const told = target.timesOf(kind);
    if (told.length !== runs || told.some((count) => count !== times))
      wrong.push(`${kind} was asked ${JSON.stringify(tally(told))} times for so many runs, expected ${times}: ${runs}`);
  }
  if (wrong.length > 0) throw new Error(`after the crash: ${wrong.join('; ')}`);
  bench.say(`  killed with ${IN_FLIGHT} runs under way and ${RUNS.sleep} asleep: none lost, no finished step repeated`);
}

function tally(counts) {
  const found = {};
  for (const count of counts) found[count] = (found[count] ?? 0) + 1;
  return found;
}

/** The other side of the calls: counts each, and leaves the ones that are to be under way without an answer. */
class Target {
  #calls = new Map();
  #open = new Set();
  #released = false;
  #beforeCrash = 0;

  static async open() {
    const target = new Target();
    target.server = createServer((request, response) => target.#take(request, response));
    await new Promise((resolve) => target.server.listen(0, '127.0.0.1', 4_096, resolve));
    target.url = `http://127.0.0.1:${target.server.address().port}`;
    return target;
  }

  #take(request, response) {
    const [, kind, run_id] = request.url.split('/');
    const key = `${kind} ${run_id}`;
    this.#calls.set(key, (this.#calls.get(key) ?? 0) + 1);
    request.resume();
    const hangs = (kind === 'read' && !this.#released) || kind === 'write';
    if (!hangs) return answer(response);
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  /** How many calls of this kind there were. */
  count(kind) {
    return this.timesOf(kind).reduce((sum, count) => sum + count, 0);
  }

  /** How many there were for each run. */
  timesOf(kind) {
    return [...this.#calls].filter(([key]) => key.startsWith(`${kind} `)).map(([, count]) => count);
  }

  crashed() {
    this.#beforeCrash = this.count('read');
  }

  /** How many reads were asked again since the crash. */
  again() {
    return this.count('read') - this.#beforeCrash;
  }

  release() {
    this.#released = true;
    for (const response of this.#open) answer(response);
  }

  async close() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function answer(response) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
}
