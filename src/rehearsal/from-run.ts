import { ALERT_FIELDS } from '../domain/alert/alert.js';
import { AlertDraft } from '../domain/api/alert.js';
import type { MockedAnswer, PlaybookTest } from '../domain/playbook-test.js';
import type { Attempt, RunHeader, Step } from '../domain/run/run.js';
import { PROOF_ID } from '../domain/run/proof.js';
import { isRunFinished } from '../domain/run/run.js';

/** What the product itself does in a test too. */
const INNER: ReadonlySet<string> = new Set(['approval', 'confirmation', 'wait', 'notification', 'verify', 'foreach']);

/** A run as the API answers it. */
export type RealRun = RunHeader & { readonly steps: readonly Step[] };

/** The playbook test that says what really happened in a run: its alert, what was answered, what people said, and what came of it. */
export function testOfRun(run: RealRun): Partial<PlaybookTest> & Pick<PlaybookTest, 'name' | 'expect'> {
  const { steps, created_at, alerts_resolved_at } = run;
  const answers = steps.flatMap((step) => answersOf(step, steps));
  const approvals = steps.flatMap((step) => approvalOf(step));
  const confirmations = steps.flatMap((step) => confirmationOf(step));
  const resolve_at = alerts_resolved_at === null ? null : after(created_at, alerts_resolved_at);
  return {
    name: `as in run ${run.run_id} of ${created_at}`,
    playbook: run.playbook_id,
    mode: run.dry_run ? 'shadow' : run.mode,
    at: created_at,
    alert: alertOf(run),
    answers: Object.fromEntries(answers),
    ...(approvals.length > 0 ? { approvals: Object.fromEntries(approvals) } : {}),
    ...(confirmations.length > 0 ? { confirmations: Object.fromEntries(confirmations) } : {}),
    ...conditionOf(steps),
    ...(resolve_at === null ? {} : { resolve_at }),
    expect: {
      ...(isRunFinished(run.state) || run.state === 'waiting' ? { state: run.state } : {}),
      ...(run.outcome === null || run.outcome === 'not_fixed' ? {} : { outcome: run.outcome }),
      steps: Object.fromEntries(steps.map(({ step_id, state }) => [step_id, state])),
      writes: steps.filter(hasWritten).map(({ step_id, kind, parameters, recorded_only }) => ({
        step: step_id,
        kind,
        parameters: (parameters ?? {}) as Record<string, unknown>, // rendered parameters are an object
        ...(recorded_only ? { recorded_only } : {}),
      })),
    },
  };
}

/** What a draft of an alert may say, out of what the run's alert says. */
function alertOf({ alert, playbook_id }: RealRun): AlertDraft {
  if (alert === null) return { alert_name: `by hand: ${playbook_id}` };
  const fields = Object.entries(alert).filter(
    ([key, value]) => ALERT_FIELDS.includes(key) && key in AlertDraft.shape && value !== null && !isEmpty(value),
  );
  return AlertDraft.parse(Object.fromEntries(fields));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function answersOf(step: Step, steps: readonly Step[]): [string, MockedAnswer | MockedAnswer[]][] {
  const made = step.attempts.filter(({ outcome }) => outcome !== 'asked' && outcome !== 'waiting');
  const isParent =
    step.item_index === null &&
    steps.some((other) => other.task_id === step.step_id && other !== step && other.item_index !== null);
  // A step of another playbook answers for that whole run: a test is about one.
  if (made.length === 0 || isParent || isInner(step) || step.step_id === PROOF_ID) return [];
  const answers = made.map((attempt, index) => answerOf(step, attempt, index === made.length - 1));
  const [only] = answers;
  return [[step.step_id, answers.length === 1 && only ? only : answers]];
}

/** A message that could not be sent is what was found outside: in a test it would be sent. */
function isInner({ kind, state }: Step): boolean {
  return INNER.has(kind) && !(kind === 'notification' && state === 'failed');
}

function answerOf(step: Step, { outcome, error }: Attempt, isLast: boolean): MockedAnswer {
  if (outcome === 'lost') return { crashes: 'before_effect' };
  if (outcome === 'in_doubt') return { in_doubt: error ?? 'nobody could tell' };
  if (isLast && step.state === 'succeeded') {
    const { output, change, effect, summary } = step;
    return { output, ...(summary === null ? {} : { summary }), ...(effect === 'write' ? { change } : {}) };
  }
  const failed = error ?? step.error ?? 'it failed';
  return isLast ? { failed } : { failed, retryable: true };
}

function approvalOf({ step_id, approval }: Step): [string, 'approve' | 'deny' | 'nobody'][] {
  if (approval === null || approval.state === 'withdrawn') return [];
  const said = { approved: 'approve', denied: 'deny', expired: 'nobody', pending: 'nobody' } as const;
  return [[step_id, said[approval.state]]];
}

function confirmationOf({ step_id, kind, output }: Step): [string, 'solved' | 'not_solved' | 'nobody'][] {
  if (kind !== 'confirmation') return [];
  const solved = typeof output === 'object' && output !== null && 'solved' in output ? output.solved : null;
  return [[step_id, solved === true ? 'solved' : solved === false ? 'not_solved' : 'nobody']];
}

/** What the alert's own condition was found to be after the last write, where it was looked at. */
function conditionOf(steps: readonly Step[]): Pick<PlaybookTest, 'condition'> | object {
  const output = steps.find(({ step_id }) => step_id === PROOF_ID)?.output;
  const result = typeof output === 'object' && output !== null && 'result' in output ? output.result : null;
  if (result !== 'over' && result !== 'holds' && result !== 'no_data' && result !== 'unavailable') return {};
  return { condition: { before: 'holds', after: result } };
}

function hasWritten({ effect, change, recorded_only, state, attempts }: Step): boolean {
  if (effect !== 'write') return false;
  return (
    change !== null ||
    (recorded_only && state === 'succeeded') ||
    attempts.some(({ outcome }) => outcome === 'in_doubt')
  );
}

function after(from: string, to: string): string {
  return `${Math.max(0, Date.parse(to) - Date.parse(from))}ms`;
}
