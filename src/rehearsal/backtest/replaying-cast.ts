import type { Lookup, Plan } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import type { AskCondition } from '../../domain/run/proof.js';
import type { Step } from '../../domain/run/run.js';
import { intendedBy } from '../recording.js';
import type { Asked, Reply } from '../recording.js';
import type { PeopleAnswer, Question } from '../people.js';
import type { Cast } from '../world.js';

/** What the product itself does without touching anything outside. */
const INNER: ReadonlySet<string> = new Set(['approval', 'confirmation', 'wait', 'playbook']);
/** How long a step takes of which nobody knows. */
const UNKNOWN_TAKES_MS = 1_000;

/** The steps of a run that really took place, by id. */
export type RecordedSteps = ReadonlyMap<string, Step>;

/** Answers what was answered then, and takes everything else for a success of which nobody knows what it found. */
export class ReplayingCast implements Cast {
  /** Steps that were answered without a record, as `run_id step_id`. */
  readonly unknown = new Set<string>();
  approvals = 0;
  readonly #recorded: (run_id: string) => RecordedSteps | null;

  /** `recorded`: the steps that really took place in the run that a run of the rehearsal stands for; null when there was none. */
  constructor(recorded: (run_id: string) => RecordedSteps | null) {
    this.#recorded = recorded;
  }

  reply(asked: Asked): Reply {
    if (INNER.has(asked.kind)) return { type: 'real' };
    const step = this.#recorded(asked.run_id)?.get(asked.step_id);
    const takes_ms = (step && durationOf(step)) ?? UNKNOWN_TAKES_MS;
    if (asked.effect === 'write' || asked.effect === 'notify') return { ...written(asked), takes_ms };
    // What was asked otherwise then says nothing of what would be found now.
    const isSame = step?.kind === asked.kind && step.attempts.length > 0;
    if (isSame && step.state === 'succeeded')
      return { type: 'outcome', done: false, outcome: { type: 'succeeded', output: step.output }, takes_ms };
    if (isSame && step.state === 'failed') {
      const outcome: Outcome = { type: 'failed', reason: step.error ?? 'it failed then', retryable: false };
      return { type: 'outcome', done: false, outcome, takes_ms };
    }
    this.unknown.add(`${asked.run_id} ${asked.step_id}`);
    return { type: 'outcome', done: false, outcome: { type: 'succeeded', output: {} }, takes_ms };
  }

  plan(): Plan | null {
    return null;
  }

  lookup(): Lookup {
    return { type: 'unknown', reason: 'nothing is looked up in a backtest' };
  }

  answer({ about }: Question): PeopleAnswer | null {
    if (about !== 'approval') return null;
    this.approvals += 1;
    return { yes: true, by: null, after_ms: 0 };
  }

  condition(): AskCondition | null {
    return null;
  }
}

function written(asked: Asked): Reply {
  // What is only recorded starts no cooldown.
  const change =
    asked.effect === 'write' && !asked.dry_run ? (asked.change ?? intendedBy(asked.kind, asked.input)) : null;
  return { type: 'outcome', done: asked.effect === 'write', outcome: { type: 'succeeded', output: {}, change } };
}

function durationOf({ started_at, finished_at }: Step): number | null {
  if (started_at === null || finished_at === null) return null;
  return Math.min(3_600_000, Math.max(0, Date.parse(finished_at) - Date.parse(started_at)));
}
