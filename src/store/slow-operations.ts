/** How often an operation may take too long by itself, while others are written, before it is refused. */
const MAX_ALONE = 3;
/** How long a refused one is refused without being tried, and how long one that nobody tries again is remembered. */
const REFUSED_MS = 5 * 60_000;
const REMEMBERED_MS = 10 * 60_000;
/** Of more than these the ones that were heard of longest ago are forgotten: they are tried together with others again. */
const MAX_REMEMBERED = 10_000;
/** A commit that took too long says something about now for so long. */
const RECENT_MS = 60_000;
/** One operation that takes too long says nothing about the database; two, and nothing else between them, do. */
const MANY = 2;

interface Slow {
  /** How often it took too long by itself. */
  alone: number;
  /** When it first did, with others or alone. */
  readonly since: number;
  until: number;
  refused_until: number;
}

/**
 * Which operations the database did not get done in the time that a statement has. One of them may have held up all that shared its commit, so
 * each is tried alone from then on, beside the others. What takes too long even so, time and again while others are written, is refused for a
 * while: trying it for ever would help nobody. While nothing at all is written, it is the database's fault, and nothing is refused.
 */
export class SlowOperations {
  readonly #now: () => number;
  readonly #slow = new Map<string, Slow>();
  #lastWritten = -Infinity;
  #lastTooLong = -Infinity;
  /** What took too long since something was last written. */
  readonly #stuck = new Set<string>();

  /** `now` is any clock that never goes back, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** False as long as nothing took too long lately: then nobody has to ask anything else. */
  get any(): boolean {
    const now = this.#now();
    for (const [key, slow] of this.#slow) {
      if (slow.until > now) break;
      this.#slow.delete(key);
    }
    return this.#slow.size > 0;
  }

  /** How often it took too long by itself; null for one that has nothing to do with any that did. */
  failuresAlone(key: string): number | null {
    return this.#slow.get(key)?.alone ?? null;
  }

  isRefused(key: string): boolean {
    return (this.#slow.get(key)?.refused_until ?? -Infinity) > this.#now();
  }

  /** Those that were refused for it, and that nobody has got written since. */
  get stuck(): readonly string[] {
    if (!this.any) return [];
    return [...this.#slow].filter(([, slow]) => slow.refused_until > -Infinity).map(([key]) => key);
  }

  /** These were written. */
  written(keys: readonly (string | null)[]): void {
    this.#lastWritten = this.#now();
    this.#stuck.clear();
    for (const key of keys) if (key !== null) this.#slow.delete(key);
  }

  /** They took too long together, or the only one did. Answers whether it is refused from now on. */
  tookTooLong(keys: readonly (string | null)[]): boolean {
    const now = this.#now();
    this.#lastTooLong = now;
    let refused = false;
    for (const key of keys) {
      if (key === null) continue;
      if (this.#stuck.size < MANY) this.#stuck.add(key);
      const slow = this.#slow.get(key) ?? { alone: 0, since: now, until: 0, refused_until: -Infinity };
      if (keys.length === 1) slow.alone += 1;
      slow.until = now + REMEMBERED_MS;
      if (slow.alone >= MAX_ALONE && this.#lastWritten > slow.since) {
        slow.refused_until = now + REFUSED_MS;
        refused = true;
      }
      // The one that was heard of last stands last.
      this.#slow.delete(key);
      this.#slow.set(key, slow);
    }
    for (const key of this.#slow.keys()) {
      if (this.#slow.size <= MAX_REMEMBERED) break;
      this.#slow.delete(key);
    }
    return refused;
  }

  /** True while commits take too long, more than one operation's, and none has got through since. */
  get nothingGetsThrough(): boolean {
    return this.#stuck.size >= MANY && this.#now() - this.#lastTooLong < RECENT_MS;
  }
}
