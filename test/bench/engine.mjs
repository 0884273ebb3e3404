// P1, P3, P4: how fast and how soon durable runs are worked.
import { query } from './postgres.mjs';
import { percentile, resultOf, rounded, runRounds } from './session.mjs';
import { verifyRuns, verifySurvival } from './verify.mjs';
import { ALERTS, STEPS } from './workload.mjs';
import { World } from './world.mjs';

const IN_FLIGHT = 64;
const ALERTS_A_POST = 8;
const SOAK_SECONDS = 60;
const OPEN_LOOP_RATE = 50;
/** Commits that a run of three steps takes at least: begun, two times one step done and the next begun, ended. */
const COMMITS_OF_RUN = 4;

/** P1: durable steps a second, many runs at once; then a soak on the tables that the rounds have filled, and a crash. */
export async function steps(bench) {
  const world = await World.open(bench.postgres, 'P1');
  try {
    const total = { sequential: 0, diamond: 0 };
    const fly = async (playbook, seconds) => {
      const flown = await world.load.ask('flight', {
        ...world.target,
        alertname: ALERTS[playbook],
        inFlight: IN_FLIGHT,
        alerts: ALERTS_A_POST,
        seconds,
      });
      total[playbook] += flown.posted;
      expectSame(flown.acknowledged.length, flown.posted, 'alerts acknowledged');
      return flown;
    };
    const rate = async (playbook) => stepRate(playbook, await fly(playbook, bench.seconds));
    await fly('sequential', bench.warmUp);
    await fly('diamond', bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => world.pgbench.measure(bench.seconds),
        subject: async () => ({ sequential: await rate('sequential'), diamond: await rate('diamond') }),
      },
      onRound: bench.onRound('P1'),
    });
    const soak = await fly('sequential', bench.soak ?? SOAK_SECONDS);
    await verifyRuns(world.database.url, {
      alerts: total.sequential + total.diamond,
      runs: total.sequential + total.diamond,
      steps: total.sequential * STEPS.sequential + total.diamond * STEPS.diamond,
    });
    await crash(world, bench);
    const about = { unit: 'steps/s against commits/s', session, reference: (round) => round.reference };
    return [
      resultOf({
        ...about,
        name: 'P1',
        title: 'durable steps, 64 runs at once, 3-step sequence / pgbench c=8',
        subject: (round) => round.subject.sequential,
      }),
      resultOf({
        ...about,
        name: 'P1-diamond',
        title: 'durable steps, 64 runs at once, 10-step diamond / pgbench c=8',
        subject: (round) => round.subject.diamond,
      }),
      soakResult(soak, session),
    ];
  } finally {
    await world.close();
  }
}

function stepRate(playbook, flown) {
  return (flown.ended * STEPS[playbook] * 1_000) / flown.took_ms;
}

/** How the last sixth of the soak compares with its first. */
function soakResult({ slices }, session) {
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
async function crash(world, bench) {
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
  bench.say(`P1: killed with SIGKILL after ${acknowledged.length} acknowledged runs; none lost, no step done twice`);
}

/** P3: one run at a time, from the request to its durable end. */
export async function sequential(bench) {
  const world = await World.open(bench.postgres, 'P3');
  try {
    const inserts = world.reference('insert');
    await inserts.ready;
    let total = 0;
    const fly = async (seconds) => {
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
    await fly(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => inserts.ask('measure', { seconds: bench.seconds }),
        subject: () => fly(bench.seconds),
      },
      onRound: bench.onRound('P3'),
    });
    await verifyRuns(world.database.url, { alerts: total, runs: total, steps: total * STEPS.sequential });
    inserts.child.kill();
    const title = 'one 3-step run at a time, p50 / 4 node-pg inserts of one row';
    return [
      resultOf({
        name: 'P3',
        title,
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
export async function firstStep(bench) {
  const world = await World.open(bench.postgres, 'P4');
  try {
    const inserts = world.reference('insert');
    await inserts.ready;
    let total = 0;
    const fly = async (seconds) => {
      await world.service.ask('note');
      const { due } = await world.load.ask('open', {
        ...world.target,
        alertname: ALERTS.sequential,
        rate: OPEN_LOOP_RATE,
        seconds,
        connections: 8,
      });
      total += due.length;
      await settled(world, bench);
      const { begun } = await world.service.ask('collect');
      const at = new Map(begun);
      const latencies = due.map(([fingerprint, scheduled]) => {
        const start = at.get(fingerprint);
        if (start === undefined) throw new Error(`no step was begun for alert ${fingerprint}`);
        return start - scheduled;
      });
      expectSame(begun.length, due.length, 'first steps begun');
      return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), count: latencies.length };
    };
    await fly(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => inserts.ask('measure', { seconds: bench.seconds }),
        subject: () => fly(bench.seconds),
      },
      onRound: bench.onRound('P4'),
    });
    await verifyRuns(world.database.url, { alerts: total * 2, runs: total, steps: total * STEPS.sequential });
    inserts.child.kill();
    const about = { unit: 'ms', session, reference: (round) => round.reference.p50 };
    return [
      resultOf({
        ...about,
        name: 'P4',
        title: 'request due to first step begun, 50 requests/s, p50 / node-pg insert p50',
        subject: (round) => round.subject.p50,
      }),
      resultOf({
        ...about,
        name: 'P4-p99',
        title: 'request due to first step begun, 50 requests/s, p99 / node-pg insert p50',
        subject: (round) => round.subject.p99,
      }),
    ];
  } finally {
    await world.close();
  }
}

/** The last answers may have come before the last runs have ended. */
async function settled(world, bench) {
  for (let turn = 0; turn < 100; turn++) {
    const [{ open }] = await query(world.database.url, 'select count(*)::int as open from runs where open');
    if (open === 0) return;
    await bench.pause(50);
  }
  throw new Error('runs were still open 5 s after the last request');
}

function expectSame(found, expected, what) {
  if (found !== expected) throw new Error(`${what}: ${found}, expected ${expected}`);
}
