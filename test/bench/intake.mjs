// P5, P6: how many requests and new runs the intake takes.
import { resultOf, runRounds } from './session.mjs';
import { decided, verifyRepeats, verifyStorm } from './verify.mjs';
import { ALERTS, RUNS_OF_STORM } from './workload.mjs';
import { World } from './world.mjs';

const ALERTS_OF_BODY = 20;
const CONNECTIONS = 32;

/** P5: one body of twenty alerts again and again: all but its first delivery repeat it. */
export async function repeats(bench) {
  const world = await World.open(bench.postgres, 'P5');
  try {
    const bare = world.reference('http');
    const { url } = await bare.ready;
    const template = { name: 'runs', of: [ALERTS.sequential, ALERTS_OF_BODY] };
    const load = (target, seconds) =>
      world.load.ask('closed', { ...target, connections: CONNECTIONS, seconds, template, same: true });
    let posted = 0;
    const subject = async (seconds) => {
      const done = await load(world.target, seconds);
      posted += done.posted;
      return rateOf(done);
    };
    const reference = async (seconds) => rateOf(await load({ url, token: world.token }, seconds));
    await subject(bench.warmUp);
    await reference(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: { reference: () => reference(bench.seconds), subject: () => subject(bench.seconds) },
      onRound: bench.onRound('P5'),
    });
    await verifyRepeats(world.database.url, { posted, alerts: ALERTS_OF_BODY });
    const title = 'intake of 20 repeated alerts / bare node:http with JSON.parse';
    return [
      resultOf({
        name: 'P5',
        title,
        unit: 'requests/s',
        session,
        subject: (round) => round.subject.rate,
        reference: (round) => round.reference.rate,
      }),
    ];
  } finally {
    await world.close();
  }
}

/** P6: twenty alerts of one service over eleven playbooks, eleven new runs each time, begun and durable. */
export function storm(bench) {
  return measureStorm(bench, { name: 'P6', title: 'new durable runs', brokers: null });
}

/** P6 through Kafka, where an answer promises only that the alerts are kept: what counts is when the last of their runs is durable. */
export async function stormThroughKafka(bench) {
  const brokers = await bench.kafka.brokers();
  return measureStorm(bench, { name: 'P6-kafka', title: 'new durable runs through Kafka', brokers });
}

async function measureStorm(bench, { name, title, brokers }) {
  let world = await World.open(bench.postgres, name, brokers);
  try {
    const template = { name: 'storm', of: [] };
    let posted = 0;
    // Runs stay at their first step, so each turn has a process of its own: what earlier turns began would only burden its memory.
    const measure = async (seconds) => {
      const begin = performance.now();
      const done = await world.load.ask('closed', {
        ...world.target,
        connections: CONNECTIONS,
        seconds,
        template,
        same: false,
      });
      posted += done.posted;
      await decided(world.database.url, posted * ALERTS_OF_BODY);
      const took_ms = brokers === null ? done.took_ms : performance.now() - begin;
      await verifyStorm(world.database.url, { posted, runs: RUNS_OF_STORM, alerts: ALERTS_OF_BODY });
      return { runs: (done.answered * RUNS_OF_STORM * 1_000) / took_ms, latencies: done.latencies };
    };
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: {
        reference: () => world.pgbench.measure(bench.seconds),
        subject: async () => {
          await measure(bench.warmUp);
          const measured = await measure(bench.seconds);
          await world.close();
          world = await World.open(bench.postgres, name, brokers);
          posted = 0;
          return measured;
        },
      },
      onRound: bench.onRound(name),
    });
    return [
      resultOf({
        name,
        title: `${title} from 20 alerts over eleven playbooks / pgbench c=8`,
        unit: 'runs/s against commits/s',
        session,
        subject: (round) => round.subject.runs,
        reference: (round) => round.reference,
      }),
    ];
  } finally {
    await world.close();
  }
}

function rateOf({ answered, took_ms, latencies }) {
  return { rate: (answered * 1_000) / took_ms, latencies };
}
