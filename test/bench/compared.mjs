// P2, P4b: the same work done by programs that people use today, in the same rounds.
import { join } from 'node:path';
import { Alertmanager } from './alertmanager.mjs';
import { Asked, CPU, end, spawnNode } from './child.mjs';
import { Flights, IN_FLIGHT, startLatencies, stepRate } from './engine.mjs';
import { installPeer } from './peers.mjs';
import { query } from './postgres.mjs';
import { percentile, resultOf, runRounds } from './session.mjs';
import { settled, verifyRuns } from './verify.mjs';
import { STEPS } from './workload.mjs';
import { World } from './world.mjs';

const RATE = 50;

/** P2: durable steps a second, and DBOS's. */
export async function againstDbos(bench) {
  const folder = await installPeer('dbos');
  const world = await World.open(bench.postgres, 'P2');
  const dbos = new Asked(
    spawnNode([join(folder, 'dbos.mjs')], {
      cpu: CPU.subject,
      env: { DATABASE_URL: world.references.url, NODE_NO_WARNINGS: '1' },
    }),
  );
  try {
    await dbos.ready;
    const flights = new Flights(world);
    const subject = async (seconds) => stepRate('sequential', await flights.alone('sequential', seconds));
    let workflows = 0;
    const reference = async (seconds) => {
      const flown = await dbos.ask('measure', { inFlight: IN_FLIGHT, seconds });
      workflows += flown.all;
      return stepRate('sequential', flown);
    };
    await subject(bench.warmUp);
    await reference(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: { reference: () => reference(bench.seconds), subject: () => subject(bench.seconds) },
      onRound: bench.onRound('P2'),
    });
    await flights.verify();
    await verifyDbos(world.references.url, workflows);
    await dbos.ask('stop');
    return [
      resultOf({
        name: 'P2',
        title: `durable steps, ${IN_FLIGHT} runs at once, 3-step sequence / DBOS for TypeScript, the same workflow`,
        unit: 'steps/s',
        session,
        subject: (round) => round.subject,
        reference: (round) => round.reference,
      }),
    ];
  } finally {
    await end(dbos.child, 'SIGKILL');
    await world.close();
  }
}

/** The reference has to have done its work as well. */
async function verifyDbos(url, workflows) {
  const [found] = await query(
    url,
    `select (select count(*)::int from dbos.workflow_status where status = 'SUCCESS') as workflows,
      (select count(*)::int from dbos.operation_outputs) as steps`,
  );
  if (found.workflows !== workflows || found.steps !== workflows * STEPS.sequential)
    throw new Error(`DBOS keeps ${JSON.stringify(found)}, expected ${workflows} workflows`);
}

/** P4b: from when a request was due to the first step begun, and from the same to the webhook of an Alertmanager. */
export async function againstAlertmanager(bench) {
  const world = await World.open(bench.postgres, 'P4b');
  let alertmanager = null;
  try {
    alertmanager = await Alertmanager.start(await world.load.ask('receive'));
    let total = 0;
    const subject = async (seconds) => {
      const { latencies } = await startLatencies(world, { rate: RATE, seconds, before: total });
      total += latencies.length;
      return figures(latencies);
    };
    const reference = async (seconds) => {
      const { due, heard } = await world.load.ask('notified', {
        url: alertmanager.url,
        rate: RATE,
        seconds,
        connections: 8,
      });
      const at = new Map(heard);
      return figures(
        due.map(([service, scheduled]) => {
          if (!at.has(service)) throw new Error(`Alertmanager sent no webhook for ${service}`);
          return at.get(service) - scheduled;
        }),
      );
    };
    await subject(bench.warmUp);
    await reference(bench.warmUp);
    const session = await runRounds({
      ...bench.protocol,
      commits: () => world.pgbench.measure(bench.gateSeconds),
      measure: { reference: () => reference(bench.seconds), subject: () => subject(bench.seconds) },
      onRound: bench.onRound('P4b'),
    });
    await settled(world.database.url, { alerts: total * 2 });
    await verifyRuns(world.database.url, { alerts: total * 2, runs: total, steps: total * STEPS.sequential });
    return [
      resultOf({
        name: 'P4b',
        title: `request due to first step begun, ${RATE} requests/s, p50 / Alertmanager's webhook, group_wait 0s, p50`,
        unit: 'ms',
        session,
        subject: (round) => round.subject.p50,
        reference: (round) => round.reference.p50,
      }),
    ];
  } finally {
    await alertmanager?.stop();
    await world.close();
  }
}

function figures(latencies) {
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), count: latencies.length };
}
