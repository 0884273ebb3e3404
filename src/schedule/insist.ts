import { sleep } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { RunStore } from '../domain/run/run-store.js';
import type { RunWorker } from './run-worker.js';

const STORE_RETRY_MS = [50, 200, 500, 1_000, 2_000, 5_000];

/** The lease of this worker is over, or it stops: the run is somebody else's. */
export const LOST = new Error('this worker does not hold the run any more');

/** Asks the store until it answers: as long as the lease lasts, nothing is given up because the store is away. Rejects with LOST. */
export async function insist<T>(worker: RunWorker, run_id: string, ask: (runs: RunStore) => Promise<T>): Promise<T> {
  const { runs, clock, log, stopping, holdsLease } = worker;
  for (let turn = 0; ; turn++) {
    if (!holdsLease()) throw LOST;
    try {
      return await ask(runs);
    } catch (error) {
      if (stopping.aborted) throw LOST;
      // The store has tried it often enough: asking on and on would keep others waiting.
      if (error instanceof FixpointError && error.code === 'too_large') throw error;
      log.warn({ run_id, error: messageOf(error) }, 'the store did not answer for a run, trying again');
      await sleep(clock, STORE_RETRY_MS[Math.min(turn, STORE_RETRY_MS.length - 1)] ?? 5_000, stopping);
    }
  }
}
