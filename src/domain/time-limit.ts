import type { Clock } from './clock.js';
import { formatMs } from './duration.js';

/** A signal that is aborted with its parent, or when the time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** True once the time was over before the parent was aborted. */
  isOver(): boolean;
  /** Lets go of the parent and of the clock; the signal is not aborted any more. To be called when the work has ended. */
  end(): void;
}

/**
 * Limits work to `limit_ms`. In place of `AbortSignal.any([parent, AbortSignal.timeout(limit_ms)])`, whose time limit is lost in Node 20:
 * nothing but the combined signal holds the timeout, and that holds it weakly, so that the next garbage collection takes it away.
 * Here the clock holds what is to happen.
 */
export function limitTime(parent: AbortSignal, limit_ms: number, clock: Clock): TimeLimit {
  const controller = new AbortController();
  const { signal } = controller;
  let isOver = false;
  let cancelTimer = (): void => undefined;
  const end = (): void => {
    cancelTimer();
    parent.removeEventListener('abort', giveUp);
  };
  function giveUp(): void {
    end();
    controller.abort(parent.reason);
  }
  function runOut(): void {
    end();
    isOver = true;
    controller.abort(new DOMException(`timed out after ${formatMs(limit_ms)}`, 'TimeoutError'));
  }
  if (parent.aborted) giveUp();
  else {
    parent.addEventListener('abort', giveUp, { once: true });
    cancelTimer = clock.after(limit_ms, runOut);
  }
  return { signal, isOver: () => isOver, end };
}

/** Waits at most `limit_ms` for `work`, then rejects with what `late` answers; the work goes on, and whatever becomes of it is nobody's fault. */
export async function settleWithin<T>(
  work: Promise<T>,
  limit_ms: number,
  clock: Pick<Clock, 'after'>,
  late: () => Error,
): Promise<T> {
  let cancelTimer = (): void => undefined;
  const over = new Promise<never>((_resolve, reject) => {
    cancelTimer = clock.after(limit_ms, () => reject(late()));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    cancelTimer();
  }
}
