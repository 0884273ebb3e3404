/** The only source of time below the roof. Tests hand in one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch, by the wall clock. */
  now(): number;
  /** Milliseconds from an arbitrary point, never going back: for measuring and for leases. */
  monotonic(): number;
  /** Calls `wake` once after `delay_ms` (at once when it is not positive). The answer cancels it; cancelling twice is harmless. */
  after(delay_ms: number, wake: () => void): () => void;
}

let lastAsked = Number.NaN;
let lastText = '';

/** An RFC 3339 instant in UTC with milliseconds, as everywhere in Fixpoint's data. */
export function instant(epoch_ms: number): string {
  // Under load the same millisecond is asked for many times.
  if (epoch_ms !== lastAsked) {
    lastText = new Date(epoch_ms).toISOString();
    lastAsked = epoch_ms;
  }
  return lastText;
}

/**
 * How long it is to the next beat of so many milliseconds, between a quarter of one and one and a quarter: those who look again and again
 * do it at the same moments, so that a process that has nothing to do wakes once for all of them.
 */
export function untilBeat(clock: Pick<Clock, 'now'>, every_ms: number): number {
  const left = every_ms - (clock.now() % every_ms);
  // Timers fire a moment early at times, and are not to fire twice for one beat.
  return left < every_ms / 4 ? left + every_ms : left;
}

/** Resolves after `delay_ms`, or as soon as `signal` is aborted; it never rejects. */
export function sleep(clock: Clock, delay_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delay_ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
