import type { Clock } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { settleWithin } from '../domain/time-limit.js';

/** A credential that another process took away or made stays unnoticed this long. */
const KNOWN_FOR_MS = 1_000;
const UNKNOWN_FOR_MS = 1_000;
/** While nothing can be looked up, one that was known this short a time ago is known still: a store that blinks turns nobody away. */
const TRUSTED_FOR_MS = 10_000;
/** A store that hangs must not keep those waiting who were known a moment ago. */
const LOOK_UP_WITHIN_MS = 3_000;
const MAX_CACHED = 1_000;

/** What stands behind the hashes of credentials, looked up in a store and remembered for a moment. */
export class KnownCredentials<Kept> {
  readonly #what: string;
  readonly #ask: (hash: string) => Promise<Kept | null>;
  readonly #clock: Clock;
  // Two maps: a flood of wrong ones must not push the right ones out.
  readonly #known = new Map<string, { readonly kept: Kept; readonly at: number }>();
  readonly #unknown = new Map<string, number>();
  readonly #asking = new Map<string, Promise<Kept | null>>();
  /** What was looked up before something was taken away must not be remembered after it. */
  #removals = 0;

  constructor(what: string, ask: (hash: string) => Promise<Kept | null>, clock: Clock) {
    this.#what = what;
    this.#ask = ask;
    this.#clock = clock;
  }

  /** From now on the store is asked again about these. */
  forget(isGone: (kept: Kept, hash: string) => boolean): void {
    this.#removals += 1;
    for (const [hash, { kept }] of this.#known) if (isGone(kept, hash)) this.#known.delete(hash);
  }

  /** Null when there is none; `unavailable` when that cannot be told. */
  async find(hash: string): Promise<Kept | null> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(hash);
    if (known !== undefined && known.at + KNOWN_FOR_MS > now) return known.kept;
    if ((this.#unknown.get(hash) ?? 0) > now) return null;
    const removals = this.#removals;
    let kept: Kept | null;
    try {
      kept = await this.#lookUp(hash);
    } catch (cause) {
      // Looked at anew: it may have been taken away in the meantime.
      const still = this.#known.get(hash);
      if (still !== undefined && still.at + TRUSTED_FOR_MS > now) return still.kept;
      throw new FixpointError('unavailable', `${this.#what} cannot be looked up now`, { cause });
    }
    if (kept === null) {
      this.#known.delete(hash);
      remember(this.#unknown, hash, now + UNKNOWN_FOR_MS);
    } else if (removals === this.#removals) remember(this.#known, hash, { kept, at: now });
    return kept;
  }

  /** Asks the store once for all who wait for the same one, and not longer than they can wait. */
  async #lookUp(hash: string): Promise<Kept | null> {
    let asking = this.#asking.get(hash);
    if (asking === undefined) {
      asking = this.#ask(hash).finally(() => this.#asking.delete(hash));
      this.#asking.set(hash, asking);
    }
    return settleWithin(asking, LOOK_UP_WITHIN_MS, this.#clock, () => {
      return new FixpointError('unavailable', `no answer from the store within ${LOOK_UP_WITHIN_MS} ms`);
    });
  }
}

/** Bounded: the oldest entry makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  if (map.size >= MAX_CACHED) {
    const oldest = map.keys().next();
    if (oldest.done !== true) map.delete(oldest.value);
  }
  map.set(key, value);
}
