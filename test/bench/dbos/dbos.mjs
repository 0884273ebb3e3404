// P2's reference: DBOS, a durable workflow engine for TypeScript on Postgres. Three steps that do nothing, one after the other, called as its own
// documentation does; so many are kept under way in the process itself, without HTTP, rules or alerts.
import { DBOS } from '@dbos-inc/dbos-sdk';

const now = () => Number(process.hrtime.bigint()) / 1e6;

async function nothing() {
  return null;
}

const workflow = DBOS.registerWorkflow(
  async () => {
    await DBOS.runStep(nothing, { name: 'look' });
    await DBOS.runStep(nothing, { name: 'decide' });
    await DBOS.runStep(nothing, { name: 'tell' });
  },
  { name: 'three_steps' },
);

/** Keeps `inFlight` workflows under way; answers how many ended in time, and how many in all. */
async function measure({ inFlight, seconds }) {
  const begin = now();
  const until = begin + seconds * 1_000;
  let ended = 0;
  let all = 0;
  async function work() {
    while (now() < until) {
      await workflow();
      all += 1;
      if (now() <= until) ended += 1;
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work));
  return { ended, all, took_ms: seconds * 1_000 };
}

const questions = { measure, stop: () => DBOS.shutdown() };

process.on('message', async ({ id, ask, ...parameters }) => {
  try {
    process.send({ id, value: (await questions[ask](parameters)) ?? null });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env.DATABASE_URL, logLevel: 'error' });
await DBOS.launch();
process.send({ ready: {} });
