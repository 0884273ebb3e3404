import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import { FixpointError } from '../domain/errors.js';
import type { ChildRun, ChildRuns } from '../domain/executor.js';
import { didYouMean } from '../domain/nearest.js';
import { stricterMode } from '../domain/rule/mode.js';
import type { NewRunHeader, Run } from '../domain/run/run.js';
import { isRunFinished, isStepFinished } from '../domain/run/run.js';
import { childKeyOf } from '../domain/run/parent.js';
import type { RunStore } from '../domain/run/run-store.js';
import { retryRun } from '../schedule/by-hand.js';
import { takesBack } from '../schedule/run-family.js';
import type { Opening } from '../schedule/scheduler.js';

/** A playbook that runs itself, directly or through others, ends here. */
const DEEPEST = 5;
/** What a finished run's steps found out is handed on as long as it is not larger than this. */
const MAX_OUTPUTS = 65_536;

interface ChildRunDeps {
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly playbooks: () => ReadonlyMap<string, CheckedPlaybook>;
  readonly modeOf: (playbook_id: string) => Mode | null;
  /** Begins a run; `resolved` when its alerts have resolved already. */
  readonly open: (header: NewRunHeader, checked: CheckedPlaybook, resolved: boolean) => Opening;
  /** Lets the run look at what has become of its alerts. */
  readonly wake: (run_id: string) => void;
}

/** Begins the runs of steps of other runs. */
export function createChildRuns(deps: ChildRunDeps): ChildRuns {
  const { runs } = deps;
  return {
    async begin(playbook_id, by) {
      const run_id = childIdOf(by.run_id, by.step_id);
      const known = await runs.load(run_id);
      if (known && !hasFailed(known.run)) return childOf(known.run);
      const parent = (await runs.load(by.run_id))?.run;
      if (!parent) throw new FixpointError('unavailable', `run ${by.run_id} cannot be read`);
      if (known) return childOf(await tryAgain(known.run, parent, deps));
      const { header, checked } = headerOf(playbook_id, run_id, parent, by.step_id, deps);
      const opening = deps.open(header, checked, parent.alerts_resolved_at !== null && !takesBack(header, parent));
      if ((await runs.open(opening.run)) === 'opened') {
        opening.go();
        // Its parent may have heard of a resolve since it was read, when there was nobody yet to hand it on to.
        deps.wake(run_id);
      }
      const begun = await runs.load(run_id);
      if (!begun)
        throw new FixpointError('unavailable', `run ${run_id} of ${playbook_id} could not be begun; trying again`);
      return childOf(begun.run);
    },
  };
}

function hasFailed({ state }: Run): boolean {
  return isRunFinished(state) && state !== 'succeeded';
}

/** What did not succeed is tried again with the run that began it, and only when that is: once for each time. */
async function tryAgain(child: Run, parent: Run, { runs, clock, wake }: ChildRunDeps): Promise<Run> {
  const { run_id } = child;
  if (parent.retried_at === null || parent.retried_at <= (child.finished_at ?? '')) return child;
  await retryRun(runs, run_id, { by: `run:${parent.run_id}`, step_id: null, reason: null }, clock);
  wake(run_id);
  return (await runs.load(run_id))?.run ?? child;
}

/** The runs that steps of a run have begun and that are still waited for. */
export function openChildrenOf(run: Run): string[] {
  return Object.values(run.steps)
    .filter((step) => step.kind === 'playbook' && !isStepFinished(step.state) && step.attempts.length > 0)
    .map((step) => childIdOf(run.run_id, step.step_id));
}

/** Always the same for the same step: however often it is asked for, there is one run. A ULID of the parent's time. */
function childIdOf(run_id: string, step_id: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const hash = createHash('sha256').update(`${run_id}:${step_id}`).digest();
  return run_id.slice(0, 10) + Array.from(hash.subarray(0, 16), (byte) => alphabet.charAt(byte & 31)).join('');
}

function headerOf(playbook_id: string, run_id: string, parent: Run, step_id: string, deps: ChildRunDeps) {
  const playbooks = deps.playbooks();
  const checked = playbooks.get(playbook_id);
  if (!checked) {
    throw new FixpointError('not_found', `no playbook ${playbook_id}${didYouMean(playbook_id, playbooks.keys())}`);
  }
  if (parent.depth + 1 >= DEEPEST)
    throw new FixpointError(
      'conflict',
      `${playbook_id} would be the ${DEEPEST}th playbook inside of another: is there a circle?`,
    );
  const own = deps.modeOf(playbook_id) ?? 'off';
  if (own === 'off') throw new FixpointError('conflict', `playbook ${playbook_id} is off`);
  const header: NewRunHeader = {
    run_id,
    playbook_id,
    playbook_version: checked.version,
    playbook_name: checked.playbook.name ?? playbook_id,
    rule_id: parent.rule_id,
    service_name: parent.service_name,
    group_key: childKeyOf(parent.run_id, step_id),
    mode: stricterMode(parent.mode, own),
    ...(parent.mode_by === undefined ? {} : { mode_by: parent.mode_by }),
    dry_run: parent.dry_run,
    // Whoever asked for the parent cannot approve its children either.
    requested_by: parent.requested_by,
    parent_run_id: parent.run_id,
    depth: parent.depth + 1,
    alert: parent.alert,
  };
  return { header, checked };
}

function childOf(run: Run): ChildRun {
  const { run_id, playbook_id, state, outcome, reason, created_at } = run;
  const steps = Object.values(run.steps);
  const outputs = Object.fromEntries(steps.map((step) => [step.step_id, step.output]));
  const isSmall = run.finished_at !== null && JSON.stringify(outputs).length <= MAX_OUTPUTS;
  const wrote = steps.some((step) => step.change !== null && !step.recorded_only);
  return { run_id, playbook_id, state, outcome, reason, created_at, outputs: isSmall ? outputs : null, wrote };
}
