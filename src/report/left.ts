import type { Report } from '../domain/run/report.js';
import { isRunFinished } from '../domain/run/run.js';
import { isInDoubt } from '../domain/run/doubt.js';
import type { Step, WaitReason, SkipReason } from '../domain/run/run.js';
import { changeText } from './change-line.js';
import { plain, valueText } from './plain.js';
import type { ReportedRun } from './reported-run.js';
import type { Words } from './words.js';

const MAX_LEFT = 100;

type Left = Report['left'][number];

/** What is left for a person, the most urgent first: writes in doubt, failures, waits, what was not done, the alert itself. */
export function leftOf(run: ReportedRun, words: Words): Left[] {
  const left: Left[] = [];
  for (const step of run.steps) {
    const entry = leftOfStep(step, run.steps, words);
    if (entry !== null) left.push(entry);
  }
  left.sort((a, b) => URGENCY.indexOf(a.reason) - URGENCY.indexOf(b.reason));
  const told = left.length > MAX_LEFT ? left.slice(0, MAX_LEFT - 1) : left;
  if (told.length < left.length)
    told.push({ step_id: null, reason: 'not_done', text: words.more(left.length - told.length) });
  const alert = leftOfAlert(run, words);
  return alert === null ? told : [...told, alert];
}

/** Whether a write stands among it of which nobody knows whether it took place. */
export function isAnyInDoubt(left: readonly Left[]): boolean {
  return left.some(({ reason }) => reason === 'in_doubt');
}

const URGENCY: readonly Left['reason'][] = [
  'in_doubt',
  'failed',
  'waiting',
  'held',
  'not_done',
  'not_fixed',
  'still_firing',
];

function leftOfStep(step: Step, steps: readonly Step[], words: Words): Left | null {
  const name = plain(words.said(step.name), 200) || step.step_id;
  const message = plain(words.said(step.message ?? step.error ?? ''));
  const { step_id } = step;
  if (isInDoubt(step))
    return { step_id, reason: 'in_doubt', text: words.left.in_doubt(name, message || '—', intended(step, words)) };
  switch (step.state) {
    case 'failed':
      // Where items of a foreach failed, they say why; the step above them would only repeat it.
      if (step.kind === 'foreach' && steps.some((item) => item.task_id === step_id && isFailedItem(item))) return null;
      return {
        step_id,
        reason: 'failed',
        text: words.left.failed(name, plain(words.said(step.error ?? '')) || message || '—', intended(step, words)),
      };
    case 'waiting':
      return leftOfWait(step, name, message, words);
    case 'skipped':
      return leftOfSkip(step, name, message, words);
    case 'cancelled':
      return { step_id, reason: 'not_done', text: words.left.stopped(name, message) };
    case 'pending':
    case 'running':
    case 'succeeded':
      return null;
  }
}

function isFailedItem(step: Step): boolean {
  return step.item_index !== null && step.state === 'failed';
}

function leftOfWait(step: Step, name: string, message: string, words: Words): Left | null {
  const reason = step.reason as WaitReason; // a waiting step's reason is a WaitReason
  if (reason === 'retry' || reason === 'timer') return null;
  const left = reason === 'pause' ? 'held' : 'waiting';
  return { step_id: step.step_id, reason: left, text: words.left.waiting(name, reason, message) };
}

/** A condition that does not hold, and a branch for failures in a run without any, leave nothing to do. */
function leftOfSkip(step: Step, name: string, message: string, words: Words): Left | null {
  const reason = step.reason as SkipReason; // a skipped step's reason is a SkipReason
  if (reason === 'condition' || reason === 'run_if') return null;
  const left = reason === 'alert_resolved' || reason === 'playbook_off' ? 'held' : 'not_done';
  return { step_id: step.step_id, reason: left, text: words.left.not_done(name, reason, message) };
}

function intended(step: Step, words: Words): string | null {
  if (step.intent === null || step.recorded_only) return null;
  const { target, what, from, to } = step.intent;
  return changeText({
    target: plain(target, 200),
    what: plain(words.said(what), 200),
    from: valueText(from),
    to: valueText(to),
  });
}

function leftOfAlert(run: ReportedRun, words: Words): Left | null {
  if (run.outcome === 'not_fixed') return { step_id: null, reason: 'not_fixed', text: words.left.not_fixed };
  if (run.alert === null || run.alerts_resolved_at !== null || !isRunFinished(run.state)) return null;
  return { step_id: null, reason: 'still_firing', text: words.left.still_firing };
}
