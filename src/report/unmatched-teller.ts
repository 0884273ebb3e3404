import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { Language } from '../domain/notifier.js';
import type { Unmatched } from '../domain/rule/unmatched.js';
import { unmatchedNotice } from './unmatched-notice.js';

const LOOK_EVERY_MS = 2_000;
/** Alerts of one trouble come within seconds: they are one message. */
const GATHER_MS = 3_000;
/** There is a message a minute at most. */
const PAUSE_MS = 60_000;

export interface UnmatchedTellerOptions {
  readonly unmatched: Unmatched;
  readonly channels: readonly string[];
  readonly language: Language;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Sees to it that somebody hears of alerts that no rule takes. What waits is in the store: a restart forgets none. */
export class UnmatchedTeller {
  readonly #options: UnmatchedTellerOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #fails = false;

  constructor(options: UnmatchedTellerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** May be called twice, or before `start`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    for (;;) {
      await sleep(clock, LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#tell();
        this.#fails = false;
      } catch (error) {
        if (!this.#fails)
          log.warn({ error: messageOf(error) }, 'alerts that no rule takes cannot be told of; trying again');
        this.#fails = true;
      }
    }
  }

  async #tell(): Promise<void> {
    const { unmatched, channels, language, clock, ids, log } = this.#options;
    const now = instant(clock.now());
    const times = { gather_ms: GATHER_MS, pause_ms: PAUSE_MS };
    const count = await unmatched.tell(now, times, (batch) => ({
      ...unmatchedNotice(batch, language),
      channels,
      notice_id: `notice:${ids.next()}`,
      created_at: now,
    }));
    if (count > 0) log.info({ alerts: count }, 'told of alerts that no rule takes');
  }
}
