import type { Catalog } from '../domain/catalog.js';
import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { RuleHistory } from '../domain/rule/rule-history.js';

const AGAIN_AFTER_MS = 5_000;

/**
 * Keeps every set of rules that comes into force, the present one first. Nothing waits for it: what could not be kept is tried again until it is, or
 * until others are in force. The answer ends it.
 */
export function keepRules(deps: {
  readonly catalog: Catalog;
  readonly history: RuleHistory;
  readonly clock: Clock;
  readonly log: Log;
}): () => Promise<void> {
  const { catalog, history, clock, log } = deps;
  const stopping = new AbortController();
  let waiting: { readonly at: string } | null = { at: instant(clock.now()) };
  let working: Promise<void> | null = null;
  async function work(): Promise<void> {
    while (waiting !== null && !stopping.signal.aborted) {
      const { at } = waiting;
      waiting = null;
      try {
        await history.record(catalog.content().rules, at);
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'the rules in force could not be kept; trying again');
        await sleep(clock, AGAIN_AFTER_MS, stopping.signal);
        waiting ??= { at };
      }
    }
    working = null;
  }
  working = work();
  const forget = catalog.onChange(() => {
    waiting = { at: instant(clock.now()) };
    working ??= work();
  });
  return async () => {
    forget();
    stopping.abort();
    await working;
  };
}
