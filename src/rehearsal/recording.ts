import type { Clock } from '../domain/clock.js';
import { sleep } from '../domain/clock.js';
import type { AttemptContext, Effect, ExecutorSpec, Lookup, Plan, ReadyExecutor } from '../domain/executor.js';
import type { Change, Outcome } from '../domain/run/outcome.js';

/** What the executor of a kind can do besides its work. */
export interface Abilities {
  readonly plans: boolean;
  readonly looks_up: boolean;
  readonly takes_back: boolean;
}

/** One thing that an executor was asked to do. */
export interface Asked {
  readonly kind: string;
  readonly effect: Effect;
  readonly run_id: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly idempotency_key: string;
  /** It was only to be recorded. */
  readonly dry_run: boolean;
  /** Rendered; secrets stand in it by their names. */
  readonly input: unknown;
  /** True where it is to take back what the step's write did. */
  readonly undo: boolean;
  /** For a write: what it is about to change. */
  readonly change: Change | null;
}

/**
 * How what was asked ends. `hangs`: no answer until the time limit; `crashes`: the process dies under it. `done` says whether the change
 * had taken place by then.
 */
export type Reply = (
  | { readonly type: 'outcome'; readonly outcome: Outcome; readonly done: boolean }
  | { readonly type: 'hangs'; readonly done: boolean }
  | { readonly type: 'crashes'; readonly done: boolean }
  /** The executor of the product itself answers. */
  | { readonly type: 'real' }
) & { readonly takes_ms?: number };

/** Whoever plays the world outside. */
export interface Actor {
  reply(asked: Asked): Reply;
  /** What a write is about to change; null leaves it to the parameters. */
  plan(asked: Asked): Plan | null;
  lookup(asked: Asked): Lookup;
}

/** What happened outside, in its order. */
export interface Call extends Asked {
  readonly at: number;
  readonly reply: Reply;
}

export interface RecordingOptions {
  readonly clock: Clock;
  readonly actor: Actor;
  readonly calls: Call[];
  /** What the executor of a kind can do besides its work. */
  readonly abilities: (kind: string) => Abilities;
  /** The product's own executor, for kinds that touch nothing outside. */
  readonly real: (kind: string) => ReadyExecutor | null;
  readonly crash: () => void;
  readonly conceal: (input: unknown) => unknown;
}

/** An executor that records what it is asked and answers what the actor says; it changes nothing anywhere. */
export function recordingExecutor(spec: ExecutorSpec, options: RecordingOptions): ReadyExecutor {
  const { plans, looks_up, takes_back } = options.abilities(spec.kind);
  const asked = (input: unknown, attempt: AttemptContext, undo: boolean): Asked => ({
    kind: spec.kind,
    effect: typeof spec.effect === 'function' ? spec.effect(input) : spec.effect,
    run_id: attempt.run_id,
    step_id: attempt.step_id,
    attempt: attempt.attempt,
    idempotency_key: attempt.idempotency_key,
    dry_run: attempt.dry_run,
    input: options.conceal(input),
    undo: undo || attempt.step_id.endsWith(':undo'),
    change: attempt.intent && changeOf(attempt.intent),
  });
  const work = (input: unknown, attempt: AttemptContext, undo: boolean): Promise<Outcome> =>
    perform(spec, asked(input, attempt, undo), input, attempt, options);
  return {
    spec,
    execute: (input, attempt) => work(input, attempt, false),
    ...(plans && {
      plan: (input: unknown, attempt: AttemptContext) => {
        const question = asked(input, attempt, false);
        return Promise.resolve<Plan>(
          options.actor.plan(question) ?? { type: 'change', intent: intendedBy(spec.kind, question.input) },
        );
      },
    }),
    ...(looks_up && {
      lookup: (input: unknown, attempt: AttemptContext) =>
        Promise.resolve(options.actor.lookup(asked(input, attempt, false))),
    }),
    ...(takes_back && { compensate: (input: unknown, attempt: AttemptContext) => work(input, attempt, true) }),
  };
}

async function perform(
  spec: ExecutorSpec,
  asked: Asked,
  input: unknown,
  attempt: AttemptContext,
  options: RecordingOptions,
): Promise<Outcome> {
  const { actor, calls, clock, real, crash } = options;
  const reply = actor.reply(asked);
  calls.push({ ...asked, at: clock.now(), reply });
  if (reply.takes_ms !== undefined) await sleep(clock, reply.takes_ms, attempt.signal);
  switch (reply.type) {
    case 'real': {
      const executor = real(spec.kind);
      return executor
        ? executor.execute(input, attempt)
        : { type: 'failed', reason: `nobody plays ${spec.kind}`, retryable: false };
    }
    case 'outcome':
      return reply.outcome;
    case 'hangs':
      return cutOff(asked, attempt.signal);
    case 'crashes':
      crash();
      return new Promise(() => undefined); // a dead process answers nothing
  }
}

/** As executors do that honour their signal: what had been sent may have taken effect. */
function cutOff({ effect, dry_run }: Asked, signal: AbortSignal): Promise<Outcome> {
  const end: Outcome =
    effect === 'write' && !dry_run
      ? { type: 'in_doubt', reason: 'no answer came' }
      : { type: 'failed', reason: 'no answer came', retryable: true };
  if (signal.aborted) return Promise.resolve(end);
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(end), { once: true }));
}

/** What a write without a plan of its own is about to change, by what it was rendered with. */
export function intendedBy(kind: string, input: unknown): Change {
  return { target: targetOf(kind, input), what: kind, from: null, to: null };
}

const TARGET_KEYS = ['action', 'service', 'name', 'target', 'host', 'database', 'playbook_id'] as const;

/** What a call is about, in a few words. */
export function targetOf(kind: string, input: unknown): string {
  const fields = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>; // its keys are looked at one by one
  for (const key of TARGET_KEYS) {
    const value = fields[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return kind;
}

function changeOf({ target, what, from, to }: Change): Change {
  return { target, what, from, to };
}
