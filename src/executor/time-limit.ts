/** A signal that is aborted with its parent, or when the time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** True once the time was over before the parent was aborted. */
  isOver(): boolean;
  /** Lets go of the parent; the signal is not aborted any more. To be called when the work has ended. */
  end(): void;
}

/**
 * Limits work to `limit_ms`. In place of `AbortSignal.any([parent, AbortSignal.timeout(limit_ms)])`, whose time limit is lost in Node 20:
 * nothing but the combined signal holds the timeout, and that holds it weakly, so that the next garbage collection takes it away.
 * A timeout with a listener of its own is kept alive.
 */
export function limitTime(parent: AbortSignal, limit_ms: number): TimeLimit {
  const controller = new AbortController();
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(limit_ms)));
  let isOver = false;
  const giveUp = (): void => controller.abort(parent.reason);
  const late = (): void => {
    isOver = !controller.signal.aborted;
    controller.abort(timeout.reason);
  };
  if (parent.aborted) giveUp();
  parent.addEventListener('abort', giveUp, { once: true });
  timeout.addEventListener('abort', late, { once: true });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    end() {
      parent.removeEventListener('abort', giveUp);
      timeout.removeEventListener('abort', late);
    },
  };
}
