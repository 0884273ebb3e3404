// No figure without proof: what was acknowledged stands in the database, whole and once.
import { setTimeout as sleep } from 'node:timers/promises';
import { query } from './postgres.mjs';

const SETTLE_MS = 60_000;
const LOOK_MS = 50;
/** Every event of every run, from the changes that hold them. */
const EVENTS = 'run_changes, json_array_elements(events) as doc';

/** Resolves when so many alerts are decided. */
export async function decided(url, alerts) {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const [{ found }] = await query(url, 'select count(*)::int as found from alerts where action is not null');
    if (found >= alerts) return;
    if (performance.now() > until) throw new Error(`${found} of ${alerts} alerts were decided after ${SETTLE_MS} ms`);
    await sleep(LOOK_MS);
  }
}

/** Resolves when so many alerts are decided and no run is open: through Kafka, decisions come after the answers. */
export async function settled(url, { alerts }) {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const [found] = await query(
      url,
      `select (select count(*)::int from alerts where action is not null) as decided, (select count(*)::int from runs where open) as open`,
    );
    if (found.decided >= alerts && found.open === 0) return;
    if (performance.now() > until)
      throw new Error(
        `after ${SETTLE_MS} ms ${found.decided} of ${alerts} alerts were decided, and ${found.open} runs were open`,
      );
    await sleep(LOOK_MS);
  }
}

/**
 * Throws unless there are `runs` runs, each with all of its steps and every step done exactly once, and `started` of them (all, where nothing
 * else is said) came of `alerts` alerts.
 */
export async function verifyRuns(url, { alerts, runs, steps, started = runs }) {
  const [found] = await query(
    url,
    `select
      (select count(*)::int from alerts) as alerts,
      (select count(*)::int from runs where state = 'succeeded') as runs,
      (select count(*)::int from runs where state <> 'succeeded') as other_runs,
      (select count(*)::int from ${EVENTS} where doc->>'type' = 'step_succeeded') as successes,
      (select count(distinct (run_id, doc->>'step_id'))::int from ${EVENTS} where doc->>'type' = 'step_succeeded') as distinct_successes,
      (select count(distinct run_id)::int from alerts where action = 'run') as started,
      (select count(*)::int from occurrences where runs_used > 1) as twice`,
  );
  expectAll(found, {
    alerts,
    runs,
    other_runs: 0,
    successes: steps,
    distinct_successes: steps,
    started,
    twice: 0,
  });
}

/** Throws unless every POST of repeats is kept, each alert with an id and a decision of its own, and no run came of a repeat. */
export async function verifyRepeats(url, { posted, alerts }) {
  const [found] = await query(
    url,
    `select (select count(*)::int from alerts) as kept, (select coalesce(sum(json_array_length(items)), 0)::int from repeats) as repeated,
      (select count(*)::int from alerts where action is null) as undecided`,
  );
  expectAll(
    { ...found, delivered: found.kept + found.repeated },
    { ...found, undecided: 0, delivered: posted * alerts },
  );
}

/** Throws unless every POST of a storm started its runs once, and each of its alerts is decided. */
export async function verifyStorm(url, { posted, runs, alerts }) {
  const [found] = await query(
    url,
    `select (select count(*)::int from alerts) as alerts, (select count(*)::int from alerts where action is null) as undecided,
      (select count(*)::int from runs) as runs, (select count(distinct run_id)::int from alerts) as started`,
  );
  expectAll(found, { alerts: posted * alerts, undecided: 0, runs: posted * runs, started: posted * runs });
}

/** After a crash and a restart: waits until the work is done, then throws unless every acknowledged alert has its one finished run. */
export async function verifySurvival(url, acknowledged) {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const [{ open, decided }] = await query(
      url,
      `select (select count(*)::int from runs where open) as open,
        (select count(*)::int from alerts where alert_id = any($1) and action is not null) as decided`,
      [acknowledged],
    );
    if (open === 0 && decided === acknowledged.length) break;
    if (performance.now() > until)
      throw new Error(
        `${SETTLE_MS} ms after the restart ${open} runs were not finished, ${decided} of ${acknowledged.length} alerts decided`,
      );
    await sleep(100);
  }
  const [found] = await query(
    url,
    `select count(*)::int as kept, count(runs.run_id)::int as finished, count(distinct runs.run_id)::int as distinct_runs
      from alerts left join runs on runs.run_id = alerts.run_id and runs.state = 'succeeded' where alert_id = any($1)`,
    [acknowledged],
  );
  const all = acknowledged.length;
  expectAll(found, { kept: all, finished: all, distinct_runs: all });
  const [twice] = await query(
    url,
    `select count(*)::int as steps_done_twice from (
      select 1 from ${EVENTS} where doc->>'type' = 'step_succeeded' group by run_id, doc->>'step_id' having count(*) > 1) as found`,
  );
  expectAll(twice, { steps_done_twice: 0 });
}

function expectAll(found, expected) {
  const wrong = Object.entries(expected).filter(([name, value]) => found[name] !== value);
  if (wrong.length === 0) return;
  throw new Error(
    `the database does not hold what was acknowledged: ${wrong.map(([name, value]) => `${name} is ${found[name]}, expected ${value}`).join('; ')}`,
  );
}
