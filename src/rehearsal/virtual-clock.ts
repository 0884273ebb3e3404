import type { Clock } from '../domain/clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly owner: ProcessClock | null;
  readonly wake: () => void;
}

/**
 * Time that passes only when it is told to. Timers fire one at a time, in the order of their instants; those of a process (`process`) go
 * away with it when it dies.
 */
export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #order = 0;

  constructor(start_ms: number) {
    this.#now = start_ms;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delay_ms: number, wake: () => void): () => void {
    return this.add(delay_ms, wake, null);
  }

  /** The clock of one process: what it has set ends with it. */
  process(): ProcessClock {
    return new ProcessClock(this);
  }

  /** Sets a timer in the name of a process, or of nobody. */
  add(delay_ms: number, wake: () => void, owner: ProcessClock | null): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delay_ms), order: (this.#order += 1), owner, wake };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Takes every timer of a process away. */
  dropAll(owner: ProcessClock): void {
    for (const timer of this.#timers) if (timer.owner === owner) this.#timers.delete(timer);
  }

  /** When the next timer fires; with `own` only those that belong to no process count. Infinity when there is none. */
  next(own: boolean): number {
    let next = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) if (timer.at < next && (!own || timer.owner === null)) next = timer.at;
    return next;
  }

  /** Moves time on without firing anything; it never goes back. */
  moveTo(at_ms: number): void {
    this.#now = Math.max(this.#now, at_ms);
  }

  /** Fires the first timer that is due now; false when none is. */
  fireDue(): boolean {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue;
      if (first === null || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    if (first === null) return false;
    this.#timers.delete(first);
    first.wake();
    return true;
  }

  /** How many timers wait: what has stopped leaves none. */
  get waiting(): number {
    return this.#timers.size;
  }
}

/** What one process sees of a virtual clock. */
export class ProcessClock implements Clock {
  readonly #clock: VirtualClock;
  #dead = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delay_ms: number, wake: () => void): () => void {
    // A dead process sets no timer; what it still does leads nowhere.
    return this.#dead ? () => undefined : this.#clock.add(delay_ms, wake, this);
  }

  /** The process is gone, and its timers with it. */
  die(): void {
    this.#dead = true;
    this.#clock.dropAll(this);
  }
}
