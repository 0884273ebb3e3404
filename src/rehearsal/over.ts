import { durationMs } from '../domain/duration.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { DEFAULT_RUN_TIMEOUT_MS } from '../domain/playbook/playbook.js';
import type { Run } from '../domain/run/run.js';
import { isRunFinished } from '../domain/run/run.js';
import type { World } from './world.js';

/** Runs take up their rest after their own time; nothing of a rehearsal is looked at later than this. */
const REST_MS = 3_600_000;

/** Nothing is to come from outside any more, and every run has ended or waits for somebody who does not come. */
export function isOver(world: World): boolean {
  if (world.clock.next(true) !== Number.POSITIVE_INFINITY) return false;
  return world.runs.all().every((run) => isRunFinished(run.state) || waitsForPeople(run));
}

/** True for a run that nothing moves on but a person, however long that takes: a write in doubt is one. */
export function waitsForPeople(run: Run): boolean {
  return (
    run.state === 'waiting' && Object.values(run.steps).every((step) => step.state !== 'waiting' || step.until === null)
  );
}

/** For how long a rehearsal of these playbooks goes on at most. */
export function longestMs(playbooks: ReadonlyMap<string, CheckedPlaybook>): number {
  let longest = DEFAULT_RUN_TIMEOUT_MS;
  for (const { playbook } of playbooks.values())
    if (playbook.timeout !== undefined) longest = Math.max(longest, durationMs(playbook.timeout));
  return 2 * longest + REST_MS;
}
