import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import { FixpointError, messageOf } from '../../domain/errors.js';
import type { ChildRun, Executor, ExecutorDeps, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { needsAPerson } from '../../domain/run/parent.js';
import { isRunFinished } from '../../domain/run/run.js';
import { localModule } from '../local-module.js';

/** The run that began hears at once when the other one ends, or comes to wait for a person; this is for when that gets lost. */
const LOOK_AGAIN_MS = 300_000;
const LONGEST_LOOK_AGAIN_MS = 86_400_000;

/** Another playbook, as a step of this one. */
export const PlaybookInput = z.strictObject({
  playbook_id: z
    .string()
    .min(1)
    .max(100)
    .describe(
      'The playbook to run; it gets the alert of this run. It ends by its own timeout at the latest, and is cancelled when the run that began it waits for it no more',
    ),
});
export type PlaybookInput = z.infer<typeof PlaybookInput>;

/** What is known of `playbook` without configuration. */
export const playbookSpec = {
  kind: 'playbook',
  title: 'Run another playbook and wait for its end',
  effect: 'read',
  follows_mode: true,
  input: PlaybookInput,
  output_keys: ['run_id', 'playbook_id', 'state', 'outcome', 'reason', 'outputs'],
} satisfies ExecutorSpec<PlaybookInput>;

/** `playbook` starts a run of its own, with its own steps, guards, approvals and report, and holds nothing while that is under way. */
export const playbookModule = localModule('playbook', [playbookSpec], (deps) => ({ playbook: createPlaybook(deps) }));

function createPlaybook(deps: ExecutorDeps): Executor<PlaybookInput> {
  return {
    async execute({ playbook_id }, attempt) {
      if (!deps.runs)
        return { type: 'failed', reason: 'this process is not configured to begin runs', retryable: false };
      try {
        const child = await deps.runs.begin(playbook_id, attempt);
        return isRunFinished(child.state) ? ended(child) : waiting(child, deps);
      } catch (error) {
        // What is refused (no such playbook, off, too deep) stays so; a store that is away comes back.
        const retryable = !(error instanceof FixpointError) || error.code === 'unavailable';
        return { type: 'failed', reason: messageOf(error), retryable };
      }
    },
  };
}

function waiting({ run_id, playbook_id, state, created_at }: ChildRun, { clock }: ExecutorDeps): Outcome {
  const now = clock.now();
  const reason = `run ${run_id} of ${playbook_id} is ${state}`;
  if (!needsAPerson(state)) return { type: 'waiting', until: instant(now + LOOK_AGAIN_MS), reason };
  // People may take days: each look is an attempt in the step's record, so the next one is as far away as the first is.
  const wait_ms = Math.min(Math.max(LOOK_AGAIN_MS, now - Date.parse(created_at)), LONGEST_LOOK_AGAIN_MS);
  return { type: 'waiting', until: instant(now + wait_ms), reason, for_person: true };
}

function ended(child: ChildRun): Outcome {
  const { run_id, playbook_id, state, outcome, reason, outputs, wrote } = child;
  const output = { run_id, playbook_id, state, outcome, reason, outputs };
  const told = `run ${run_id} of ${playbook_id} ${state === 'cancelled' ? 'was cancelled' : state}`;
  const change = wrote ? { target: `run ${run_id}`, what: playbook_id, from: null, to: outcome } : null;
  if (state === 'succeeded')
    return { type: 'succeeded', output, summary: `${told} (${outcome ?? 'no outcome'})`, change };
  const why = reason === null ? told : `${told}: ${reason}`;
  return { type: 'failed', reason: why, retryable: false, output, change };
}
