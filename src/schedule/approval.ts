import { createHash } from 'node:crypto';
import { cut } from '../domain/cut.js';
import { durationMs } from '../domain/duration.js';
import { deedOf } from '../domain/run/outcome.js';
import type { ApprovalPlan, Asks, Intent } from '../domain/run/outcome.js';
import type { Run, Step } from '../domain/run/run.js';
import type { PlannedTask } from './plan.js';
import type { Prepared } from './prepare.js';

/** How long people have for an answer, unless the task says otherwise; after that it is a no. */
const DEFAULT_EXPIRY = '15m';

/**
 * The question that has to be answered before a write, or a task with an `approval` of its own, may begin; null when it needs none, or when
 * exactly this was approved already. A plan that has changed since it was approved is asked about again.
 */
export function questionBefore(run: Run, prepared: Prepared, intent: Intent | null): Asks | null {
  const { planned, step_id } = prepared;
  const { approval } = planned.task;
  // Taking back needs no further yes: it restores what was there before.
  if (prepared.recorded_only || planned.undo) return null;
  if (approval === undefined && !(run.mode === 'approve' && prepared.effect === 'write')) return null;
  const step = run.steps[step_id];
  const plan = planOfWrite(prepared, intent, step?.parameters ?? null);
  const earlier = step?.approval ?? null;
  if (earlier?.state === 'approved' && earlier.plan_hash === planHash(plan, '')) return null;
  const why = approval === undefined && run.mode_by !== undefined ? ` (asked because of ${run.mode_by})` : '';
  const asked = `${planned.task.name ?? planned.task.id}: ${describePlan(plan)}${why}`;
  return {
    type: 'asks',
    about: 'approval',
    message: earlier?.state === 'approved' ? askedAgain(asked, earlier.plan, plan) : asked,
    approvers: approval?.approvers ?? [],
    quorum: approval?.quorum ?? 1,
    expires_ms: durationMs(approval?.expires ?? DEFAULT_EXPIRY),
    plan,
  };
}

/** Where all that is shown stayed the same, whoever is asked again must hear what did not. */
function askedAgain(asked: string, before: ApprovalPlan | null, now: ApprovalPlan): string {
  const { identity: was, ...shownBefore } = before ?? {};
  const { identity, ...shown } = now;
  const isAnother = was !== undefined && was !== identity && canonical(shownBefore) === canonical(shown);
  if (isAnother) return `${asked} (it was deleted and made anew since it was approved)`;
  return `${asked} (this has changed since it was approved)`;
}

function planOfWrite(prepared: Prepared, intent: Intent | null, parameters: unknown): ApprovalPlan {
  const { kind, task } = prepared.planned;
  if (intent === null) return { kind, target: task.action ?? kind, what: kind, from: null, to: null, parameters };
  const { target, what, from, to, identity } = intent;
  return { kind, target, what, from, to, parameters, ...(identity === undefined ? {} : { identity }) };
}

function describePlan({ target, what, from, to, parameters }: ApprovalPlan): string {
  const deed = deedOf(target, what);
  if (from !== null) return `${deed}: ${short(from)} → ${short(to)}`;
  // What was there before is not known: what is sent says more than what it is to become.
  const { action: _action, ...sent } = (parameters ?? {}) as Record<string, unknown>; // rendered parameters are an object
  return Object.keys(sent).length === 0 ? deed : `${deed} with ${short(sent)}`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return cut(text, 200);
}

/** Hex SHA-256 of what is asked about: two plans are the same exactly when nothing in them differs but the order of keys. */
export function planHash(plan: ApprovalPlan | null, message: string): string {
  return createHash('sha256')
    .update(canonical(plan ?? { message }))
    .digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

/**
 * Why a write must not take place: something that it depends on needed an approval and did not get one. Denied, expired, failed, or a
 * condition before the question that could not be judged: none of these is a yes. Null when nobody has refused.
 */
export function refusalBefore(run: Run, planned: PlannedTask): string | null {
  for (const step of Object.values(run.steps)) {
    if (!planned.upstream.has(step.task_id)) continue;
    const why = refusalOf(step);
    if (why !== null) return why;
  }
  return null;
}

function refusalOf(step: Step): string | null {
  const { approval } = step;
  if (approval !== null && approval.state !== 'approved' && approval.state !== 'pending')
    return `${step.step_id} was not approved: ${whyNot(step)}`;
  if (step.kind !== 'approval' || step.recorded_only) return null;
  if (step.state === 'failed' || step.state === 'cancelled') return `${step.step_id} was not approved: ${whyNot(step)}`;
  if (step.state !== 'skipped' || step.reason === 'run_if') return null;
  const isChoice = step.reason === 'condition' && !step.conditions.some((condition) => condition.unjudged);
  return isChoice ? null : `${step.step_id} was not asked: ${step.message ?? step.reason ?? ''}`;
}

/** Why the question of a step got no yes. */
export function whyNot(step: Step): string {
  const denial = step.approval?.answers.find((answer) => answer.answer === 'deny');
  if (denial) return `denied by ${denial.by}${denial.comment === null ? '' : `: ${denial.comment}`}`;
  if (step.approval?.state === 'expired') return 'nobody answered in time';
  return step.error ?? step.message ?? 'it ended without an answer';
}
