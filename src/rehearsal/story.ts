import type { Decision } from '../domain/decision/decision.js';
import type { Run } from '../domain/run/run.js';
import type { RepeatedAlert } from './memory-triage.js';
import type { Call } from './recording.js';
import { intendedBy } from './recording.js';
import type { World } from './world.js';

/** A write that took effect, or may have; in shadow one that was recorded. */
export interface Written {
  readonly step: string;
  readonly kind: string;
  readonly target: string;
  readonly parameters: unknown;
  readonly recorded_only: boolean;
}

/** Something that people were told. */
export interface Told {
  readonly kind: 'notify' | 'escalate' | 'report' | 'message';
  readonly about: string;
  readonly step: string | null;
  readonly text: string;
}

/** What came out of a rehearsal of one alert. */
export interface Story {
  readonly decision: Decision | null;
  /** The run that is spoken of, and those that its steps began. */
  readonly run: Run | null;
  readonly writes: readonly Written[];
  readonly told: readonly Told[];
}

/** Tells what happened in a world to an alert: with `playbook_id` of that playbook's run, where several began. */
export function storyOf(world: World, alert_id: string, playbook_id: string | null): Story {
  const found = world.triage.decisionOf(alert_id);
  const decision = found && isDecision(found) ? found : null;
  const runs = (decision?.run_ids ?? []).map((run_id) => world.runs.run(run_id));
  const run = runs.find((candidate) => candidate.playbook_id === playbook_id) ?? runs[0] ?? null;
  const own = run === null ? [] : family(world.runs.all(), run.run_id);
  return {
    decision,
    run,
    writes: world.calls.filter((call) => own.includes(call.run_id) && hasWritten(call)).map(writtenBy),
    told: own.flatMap((run_id) => toldBy(world, run_id)),
  };
}

function isDecision(found: Decision | RepeatedAlert): found is Decision {
  return 'action' in found;
}

/** A run and all that began inside of it. Children come after their parents. */
function family(runs: readonly Run[], run_id: string): string[] {
  const own = new Set([run_id]);
  for (const run of runs) if (run.parent_run_id !== null && own.has(run.parent_run_id)) own.add(run.run_id);
  return [...own];
}

/** True where a write took effect or may have, or was recorded in place of that. */
export function hasWritten({ effect, reply, dry_run }: Call): boolean {
  if (effect !== 'write') return false;
  if (dry_run) return reply.type === 'outcome' && reply.outcome.type === 'succeeded';
  return reply.type !== 'real' && reply.done;
}

function writtenBy(call: Call): Written {
  const { step_id, undo, kind, input, dry_run, change } = call;
  const step = undo && !step_id.endsWith(':undo') ? `${step_id}:undo` : step_id;
  const { target } = change ?? intendedBy(kind, input);
  return { step, kind, target, parameters: input, recorded_only: dry_run };
}

function toldBy(world: World, run_id: string): Told[] {
  const told: Told[] = [];
  for (const event of world.runs.events(run_id)) {
    if (event.type === 'notice')
      told.push({ kind: event.kind, about: event.about, step: event.step_id, text: event.message });
    if (event.type === 'run_finished')
      told.push({ kind: 'report', about: event.state, step: null, text: event.reason ?? '' });
  }
  for (const { notice_id, subject, text } of world.sent)
    if (notice_id.startsWith(`${run_id}:`))
      told.push({ kind: 'message', about: subject, step: stepOf(notice_id, run_id), text: `${subject}\n${text}` });
  return told;
}

/** A notice of a step is called by the step's idempotency key. */
function stepOf(notice_id: string, run_id: string): string {
  return notice_id.slice(run_id.length + 1).replace(/:(do|undo)$/, '');
}
