import type { Step, StepState } from '../../../domain/run/run.js';

/** What a waiting step waits for: somebody's answer or release, or a time that comes by itself (another attempt, another run, the end of a freeze). */
export type Wait = 'person' | 'time';

type Waiting = Pick<Step, 'state' | 'reason' | 'approval' | 'until'>;

/** Null for a step that does not wait. */
export function waitOf({ state, reason, approval, until }: Waiting): Wait | null {
  if (state !== 'waiting') return null;
  if (reason === 'approval') return approval?.state === 'pending' ? 'person' : 'time';
  if (reason === 'pause') return until === null ? 'person' : 'time';
  return reason === 'confirmation' || reason === 'in_doubt' || reason === 'sub_playbook' ? 'person' : 'time';
}

/** What a step's sign shows: the hand is for people's turn only. */
export function signValue(state: StepState, wait: Wait | null): StepState | 'waits_by_itself' {
  return state === 'waiting' && wait === 'time' ? 'waits_by_itself' : state;
}

/** How often it was tried: that a wait was begun and looked at again is no other try. */
export function triesOf({ attempts }: Pick<Step, 'attempts'>): number {
  const done = attempts.filter(({ outcome }) => outcome !== 'waiting' && outcome !== 'asked').length;
  return Math.max(done, Math.min(attempts.length, 1));
}

const FROZEN = /^writes are frozen by maintenance window (\S+) /;

/** The maintenance window that freezes what the step would write; null where nothing does. */
export function frozenBy({
  reason,
  message,
}: {
  readonly reason: string | null;
  readonly message: string | null;
}): string | null {
  return reason === 'pause' ? (FROZEN.exec(message ?? '')?.[1] ?? null) : null;
}
