// P1, P3, P4: how fast and how soon durable runs are worked; each of them through Kafka as well, which publishes the events of runs besides.
import { percentile, resultOf, rounded, runRounds } from './session.mjs';
import { settled, verifyRuns, verifySurvival } from './verify.mjs';
import { ALERTS, PLAYBOOKS, STEPS } from './workload.mjs';
import { World } from './world.mjs';

/** Runs under way at once. */
export const IN_FLIGHT = 64;
const ALERTS_A_POST = 8;
const SOAK_SECONDS = 60;
const OPEN_LOOP_RATE = 50;
const OPEN_LOOP_CONNECTIONS = 8;
const ALERTS_OF_PAIR = 2;
/** What the goal compares with: begun, two times one step done and the next begun, ended, each recorded by itself. A run of steps that answer at once needs fewer. */
const COMMITS_OF_RUN = 4;

/**
 * P1: durable steps a second, many runs at once, that the service itself begins; then the same begun by webhooks, a soak on the tables that
 * the rounds have filled, and a crash.
 */
export async function steps(bench) {
  const { session, soak } = await measureSteps(bench, 'P1', { alone: true, soaks: true });
  return [
    ...stepResults('P1', 'durable steps', session, ({ alone }) => alone),
    ...stepResults('P1-webhook', 'durable steps of runs that webhooks begin', session, ({ webhook }) => webhook),
    soakResult(soak, session),
  ];
}

/** P1-webhook with Kafka between intake and decision, and the events of every run published on it. */
export async function stepsThroughKafka(bench) {
  const { session } = await measureSteps(bench, 'P1-kafka', { brokers: await bench.kafka.brokers() });
  return stepResults('P1-kafka', 'durable steps through Kafka', session, ({ webhook }) => webhook);
}

/** `alone`: also without intake. */
async function measureSteps(bench, name, { alone = false, soaks = false, brokers = null }) {
  const world = await World.open(bench.postgres, name, brokers);
  try {
    const flights = new Flights(world);
    const { seconds } = bench;
    for (const playbook of ['sequential', 'diamond']) {
      if (alone) await flights.alone(playbook, bench.warmUp);
      await flights.byWebhook(playbook, bench.warmUp);
    }
    const subject = async () => ({
      alone: alone ? await bothRates((playbook) => flights.alone(playbook, seconds)) : null,
      webhook: await bothRates((playbook) => flights.byWebhook(playbook, seconds)),
    });
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: { reference: () => world.pgbench.measure(seconds), subject },
      onRound: bench.onRound(name),
    });
    const soak = soaks ? await flights.byWebhook('sequential', bench.soak ?? SOAK_SECONDS) : null;
    await flights.verify();
    await crash(world, bench, name);
    return { session, soak };
  } finally {
    await world.close();
  }
}

/** Runs that are kept under way, and how many of them there have to be in the end. */
export class Flights {
  #world;
  #runs = { sequential: 0, diamond: 0 };
  #alerts = 0;

  constructor(world) {
    this.#world = world;
  }

  /** Runs that the service itself begins, as its API does for who asks for one. */
  async alone(playbook, seconds) {
    const playbook_id = PLAYBOOKS[playbook];
    const flown = await this.#world.service.ask('fly', { playbook_id, inFlight: IN_FLIGHT, seconds });
    this.#runs[playbook] += flown.all;
    return flown;
  }

  /** Runs that alerts begin. */
  async byWebhook(playbook, seconds) {
    const flown = await fly(this.#world, playbook, seconds);
    this.#runs[playbook] += flown.posted;
    this.#alerts += flown.posted;
    return flown;
  }

  async verify() {
    const { url } = this.#world.database;
    const { sequential, diamond } = this.#runs;
    await settled(url, { alerts: this.#alerts });
    await verifyRuns(url, {
      alerts: this.#alerts,
      runs: sequential + diamond,
      started: this.#alerts,
      steps: sequential * STEPS.sequential + diamond * STEPS.diamond,
    });
  }
}

async function bothRates(flight) {
  const rate = async (playbook) => stepRate(playbook, await flight(playbook));
  return { sequential: await rate('sequential'), diamond: await rate('diamond') };
}

function stepResults(name, what, session, ofSubject) {
  const about = { unit: 'steps/s against commits/s', session, reference: (round) => round.reference };
  return [
    resultOf({
      ...about,
      name,
      title: `${what}, 64 runs at once, 3-step sequence / pgbench c=8`,
      subject: (round) => ofSubject(round.subject).sequential,
    }),
    resultOf({
      ...about,
      name: `${name}-diamond`,
      title: `${what}, 64 runs at once, 10-step diamond / pgbench c=8`,
      subject: (round) => ofSubject(round.subject).diamond,
    }),
  ];
}

/** Keeps runs of a playbook under way for so long; throws unless all that was posted was acknowledged. */
async function fly(world, playbook, seconds) {
  const flown = await world.load.ask('flight', {
    ...world.target,
    alertname: ALERTS[playbook],
    inFlight: IN_FLIGHT,
    alerts: ALERTS_A_POST,
    seconds,
  });
  expectSame(flown.acknowledged.length, flown.posted, 'alerts acknowledged');
  return flown;
}

export function stepRate(playbook, flown) {
  return (flown.ended * STEPS[playbook] * 1_000) / flown.took_ms;
}

const LEAST_SLICE_MS = 500;

/** How the last sixth of the soak compares with its first. */
function soakResult({ slices: all }, session) {
  // A timer that fires a moment early leaves a last slice of a millisecond, which says nothing.
  const slices = all.filter(({ at }, index) => at - (all[index - 1]?.at ?? 0) >= LEAST_SLICE_MS);
  const part = Math.max(1, Math.floor(slices.length / 6));
  const rate = (from, to) => {
    const before = from < 0 ? { at: 0, ended: 0 } : slices[from];
    return ((slices[to].ended - before.ended) * STEPS.sequential * 1_000) / (slices[to].at - before.at);
  };
  const first = rate(-1, part - 1);
  const last = rate(slices.length - 1 - part, slices.length - 1);
  const ratio = rounded(last / first);
  const title = 'durable steps at the end of a soak / at its beginning, on growing tables';
  return {
    name: 'P1-soak',
    title,
    subject: rounded(last),
    reference: rounded(first),
    unit: 'steps/s',
    ratio,
    min: ratio,
    max: ratio,
    rounds: 1,
    valid: session.valid,
  };
}

/** SIGKILL in the middle: nothing that was acknowledged may be lost, nothing may be done twice. */
async function crash(world, bench, name) {
  const flying = world.load.ask('flight', {
    ...world.target,
    alertname: ALERTS.sequential,
    inFlight: IN_FLIGHT,
    alerts: ALERTS_A_POST,
    seconds: 60,
    tolerant: true,
  });
  await bench.pause(2_000);
  await world.kill();
  const { acknowledged } = await flying;
  if (acknowledged.length === 0) throw new Error('nothing was acknowledged before the crash');
  await world.start();
  await verifySurvival(world.database.url, acknowledged);
  bench.say(
    `${name}: killed with SIGKILL after ${acknowledged.length} acknowledged runs; none lost, no step done twice`,
  );
}

/** P3: one run at a time, from the request to its durable end. */
export function sequential(bench) {
  return measureSequential(bench, { name: 'P3', title: 'one 3-step run at a time', brokers: null });
}

/** P3 through Kafka. */
export async function sequentialThroughKafka(bench) {
  const brokers = await bench.kafka.brokers();
  return measureSequential(bench, { name: 'P3-kafka', title: 'one 3-step run at a time through Kafka', brokers });
}

async function measureSequential(bench, { name, title, brokers }) {
  const world = await World.open(bench.postgres, name, brokers);
  try {
    const inserts = world.reference('insert');
    await inserts.ready;
    let total = 0;
    const flyAlone = async (seconds) => {
      await world.service.ask('note');
      const flown = await world.load.ask('flight', {
        ...world.target,
        alertname: ALERTS.sequential,
        inFlight: 1,
        alerts: 1,
        seconds,
      });
      total += flown.posted;
      const { took } = await world.service.ask('collect');
      return { p50: percentile(took, 0.5), p99: percentile(took, 0.99), runs: took.length };
    };
    await flyAlone(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => inserts.ask('measure', { seconds: bench.seconds }),
        subject: () => flyAlone(bench.seconds),
      },
      onRound: bench.onRound(name),
    });
    await settled(world.database.url, { alerts: total });
    await verifyRuns(world.database.url, { alerts: total, runs: total, steps: total * STEPS.sequential });
    return [
      resultOf({
        name,
        title: `${title}, p50 / 4 node-pg inserts of one row`,
        unit: 'ms',
        session,
        subject: (round) => round.subject.p50,
        reference: (round) => COMMITS_OF_RUN * round.reference.mean,
      }),
    ];
  } finally {
    await world.close();
  }
}

/** P4: from when a request was due to when the first step of its run was begun, at a fixed rate. */
export function firstStep(bench) {
  return measureFirstStep(bench, { suffix: '', what: 'request due to first step begun', brokers: null });
}

/** P4 through Kafka. */
export async function firstStepThroughKafka(bench) {
  const brokers = await bench.kafka.brokers();
  return measureFirstStep(bench, { suffix: '-kafka', what: 'request due to first step begun through Kafka', brokers });
}

async function measureFirstStep(bench, { suffix, what, brokers }) {
  const world = await World.open(bench.postgres, `P4${suffix}`, brokers);
  try {
    const inserts = world.reference('insert');
    await inserts.ready;
    let total = 0;
    let runs = 0;
    const measure = async (seconds) => {
      const { latencies, started } = await startLatencies(world, { rate: OPEN_LOOP_RATE, seconds, before: total });
      total += latencies.length;
      runs += started;
      return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), count: latencies.length };
    };
    await measure(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: async () => ({
          ...(await inserts.ask('measure', { seconds: bench.seconds })),
          paced: await inserts.ask('measure', { seconds: bench.seconds, rate: OPEN_LOOP_RATE }),
        }),
        subject: () => measure(bench.seconds),
      },
      onRound: bench.onRound(`P4${suffix}`),
    });
    await verifyRuns(world.database.url, {
      alerts: total * ALERTS_OF_PAIR,
      runs,
      steps: runs * STEPS.sequential,
    });
    const about = { unit: 'ms', session, reference: (round) => round.reference.p50 };
    const title = (share) => `${what}, ${OPEN_LOOP_RATE} requests/s, ${share} / node-pg insert p50`;
    return [
      resultOf({ ...about, name: `P4${suffix}`, title: title('p50'), subject: (round) => round.subject.p50 }),
      resultOf({ ...about, name: `P4-p99${suffix}`, title: title('p99'), subject: (round) => round.subject.p99 }),
      resultOf({
        ...about,
        name: `P4-paced${suffix}`,
        title: `${title('p50')} at the same rate`,
        subject: (round) => round.subject.p50,
        reference: (round) => round.reference.paced.p50,
      }),
    ];
  } finally {
    await world.close();
  }
}

/**
 * Milliseconds from when each of the requests was due to when the first step of its run was begun, and how many runs were started.
 * `before`: how many requests there were already.
 */
export async function startLatencies(world, { rate, seconds, before }) {
  await world.service.ask('note');
  const { due } = await world.load.ask('open', {
    ...world.target,
    alertname: ALERTS.sequential,
    rate,
    seconds,
    connections: OPEN_LOOP_CONNECTIONS,
  });
  // The last answers may have come before the last runs have ended.
  await settled(world.database.url, { alerts: (before + due.length) * ALERTS_OF_PAIR });
  const { begun } = await world.service.ask('collect');
  const at = new Map(begun);
  // Through Kafka the two are decided one by one: where the run of the first has ended already, the second starts its own.
  if (!world.goesThroughKafka) expectSame(begun.length, due.length, 'first steps begun');
  const latencies = due.map(([fingerprints, scheduled]) => {
    const starts = fingerprints.map((fingerprint) => at.get(fingerprint)).filter((start) => start !== undefined);
    if (starts.length === 0) throw new Error(`no step was begun for the alerts ${fingerprints.join(', ')}`);
    return Math.min(...starts) - scheduled;
  });
  return { latencies, started: begun.length };
}

function expectSame(found, expected, what) {
  if (found !== expected) throw new Error(`${what}: ${found}, expected ${expected}`);
}
