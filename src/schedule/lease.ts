import type { Clock } from '../domain/clock.js';
import { sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { RunStore } from '../domain/run/run-store.js';

interface LeaseDeps {
  readonly runs: Pick<RunStore, 'register' | 'heartbeat'>;
  readonly clock: Clock;
  /** Stable over restarts; the incarnation is no other start's. */
  readonly worker: { readonly name: string; readonly incarnation: string };
  readonly lease_ms: number;
  readonly log: Log;
  /** Told when it had ended unnoticed: others may have what this worker held. It is registered anew afterwards. */
  readonly lost: () => void;
}

/** How soon a renewal that failed is tried again. */
const RETRY_MS = 1_000;

/** A worker's right to work on its runs: lasts `lease_ms` from each renewal that the store has confirmed, by this process' own clock. */
export class Lease {
  readonly #deps: LeaseDeps;
  #workerId = '';
  #incarnations = 0;
  /** On the clock that never goes back. */
  #until = 0;

  constructor(deps: LeaseDeps) {
    this.#deps = deps;
  }

  /** What the runs that are held under it have as their owner: `name#incarnation`, another one after each loss. */
  get worker_id(): string {
    return this.#workerId;
  }

  get isHeld(): boolean {
    return this.#deps.clock.monotonic() < this.#until;
  }

  /** Begins a new incarnation: what a dead one of the same name still holds can be claimed at once, and its late results are refused. */
  async register(): Promise<void> {
    const { clock, lease_ms, worker, runs } = this.#deps;
    const begun = clock.monotonic();
    this.#incarnations += 1;
    this.#workerId = `${worker.name}#${worker.incarnation}.${this.#incarnations}`;
    await runs.register(this.#workerId, lease_ms);
    this.#until = begun + lease_ms;
  }

  /** Renews it three times as often as it must be, until the signal. Never rejects. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, lease_ms, log } = this.#deps;
    let wait_ms = lease_ms / 3;
    while (!signal.aborted) {
      await sleep(clock, wait_ms, signal);
      if (signal.aborted) return;
      try {
        await this.#renew();
        wait_ms = lease_ms / 3;
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the lease could not be renewed, trying again');
        wait_ms = Math.min(RETRY_MS, lease_ms / 3);
      }
    }
  }

  /** Others need not wait for its end. Never rejects. */
  async giveBack(): Promise<void> {
    try {
      await this.#deps.runs.heartbeat(this.#workerId, 0);
    } catch (error) {
      this.#deps.log.warn({ error: messageOf(error) }, 'the lease could not be given back; it ends by itself');
    }
  }

  async #renew(): Promise<void> {
    const { clock, lease_ms, runs, log, lost } = this.#deps;
    const begun = clock.monotonic();
    const answer = await runs.heartbeat(this.#workerId, lease_ms);
    if (answer === 'held') {
      this.#until = begun + lease_ms;
      return;
    }
    // Paused for longer than the lease, or cut off from the store: others may have our runs.
    log.warn({ worker_id: this.#workerId }, 'the lease of this worker had ended');
    lost();
    await this.register();
  }
}
