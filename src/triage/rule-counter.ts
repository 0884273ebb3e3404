import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { RuleCount, RuleCounts } from '../domain/rule/rule-history.js';

const FLUSH_AFTER_MS = 10_000;
/** More rules than this are not counted between two hand-overs. */
const MAX_RULES = 100_000;
const AT_ONCE = 1_000;

/** Counts how often rules take an alert, and hands that over every few seconds while there is anything. A kill loses a few seconds of it. */
export class RuleCounter {
  readonly #counts: RuleCounts;
  readonly #clock: Clock;
  readonly #log: Log;
  #pending = new Map<string, { matched: number; last: number }>();
  #cancel: (() => void) | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(deps: { readonly counts: RuleCounts; readonly clock: Clock; readonly log: Log }) {
    this.#counts = deps.counts;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  matched(rule_id: string): void {
    const known = this.#pending.get(rule_id);
    const last = this.#clock.now();
    if (known) {
      known.matched += 1;
      known.last = last;
    } else if (this.#pending.size < MAX_RULES) this.#pending.set(rule_id, { matched: 1, last });
    this.#cancel ??= this.#clock.after(FLUSH_AFTER_MS, () => {
      this.#cancel = null;
      this.#flushing = this.#flush();
    });
  }

  /** Hands over what is left. May be called twice. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await this.#flushing;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const counts = [...this.#pending].map(([rule_id, { matched, last }]): RuleCount => ({
      rule_id,
      matched,
      last_at: instant(last),
    }));
    this.#pending = new Map();
    try {
      for (let from = 0; from < counts.length; from += AT_ONCE)
        await this.#counts.add(counts.slice(from, from + AT_ONCE));
    } catch (error) {
      // A figure for people, that nothing depends on: it is not worth keeping while the database is away.
      this.#log.warn({ error: messageOf(error) }, 'how often rules matched could not be kept');
    }
  }
}
