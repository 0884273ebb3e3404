import type { Settings } from '../config.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import { sleep } from '../domain/clock.js';
import { formatMs } from '../domain/duration.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { NewRunHeader } from '../domain/run/run.js';
import type { SourceModule, SourceReconciler } from '../domain/source.js';
import type { Store } from '../domain/store.js';
import { limitTime } from '../domain/time-limit.js';
import type { Ingest } from '../ingest/ingest.js';
import { sources as sourceModules } from '../source/registry.js';
import type { Opening } from '../triage/deps.js';

/** Until the first look: what comes by itself after a start has come by then. */
const FIRST_LOOK_MS = 15_000;
/** The longest time that one look, or one errand, may take. */
const LIMIT_MS = 120_000;
/** Waits between the tries of an errand. What is given up is found by the next look, where there is one. */
const TRY_AGAIN_MS = [1_000, 5_000, 30_000, 120_000];
/** Errands that wait for a system; more are given up at once. */
const MAX_WAITING = 1_000;

/** The making up for what webhooks lose. */
export interface Reconciling {
  /** Fetches what a webhook left out. */
  leftOut(source: string, left_out: unknown): void;
  /** The opening of a run, with which the alert's system is told that the run works on it, where that is wanted. */
  hearing(run: Pick<NewRunHeader, 'run_id' | 'playbook_id' | 'alert'>, opening: Opening): Opening;
  /** Begins to look, and answers the same intake, which takes in what is found. */
  start(ingest: Ingest): Ingest;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** Opens the reconcilers of all sources whose slice of the configuration says where their system is; nothing is dialled before `start`. */
export function openReconciling(
  settings: Pick<Settings, 'sources'>,
  parts: { readonly store: Pick<Store, 'occurrences'>; readonly clock: Clock; readonly log: Log },
  modules: readonly SourceModule[] = sourceModules,
): Reconciling {
  const { store, clock, log } = parts;
  let ingest: Pick<Ingest, 'accept'> | null = null;
  const open = new Map<string, Part>();
  for (const module of modules) {
    const slice = settings.sources[module.name] ?? module.config.parse(undefined);
    const reconciler = module.openReconciler?.(slice, {
      clock,
      occurrences: store.occurrences,
      async take(payload) {
        if (ingest === null) return 0;
        const body = Buffer.from(JSON.stringify(payload));
        try {
          return (await ingest.accept(module.name, body, 'reconciliation')).accepted;
        } catch (error) {
          // It is a dead letter now; the others must not wait for it.
          if (error instanceof FixpointError && error.code === 'invalid') return 0;
          throw error;
        }
      },
    });
    if (reconciler) open.set(module.name, new Part(module.name, reconciler, clock, log));
  }
  return {
    leftOut: (source, left_out) => open.get(source)?.fetch(left_out),
    hearing({ alert, run_id, playbook_id }, opening) {
      const part = alert === null ? undefined : open.get(alert.source_system);
      if (alert === null || part?.acknowledges !== true) return opening;
      return {
        run: opening.run,
        go() {
          opening.go();
          part.acknowledge(alert, { run_id, playbook_id });
        },
      };
    },
    start(into) {
      ingest = into;
      for (const part of open.values()) part.start();
      return into;
    },
    async stop() {
      await Promise.all(Array.from(open.values(), (part) => part.stop()));
    },
  };
}

/** One system: its looks, and its errands one after the other. */
class Part {
  readonly #name: string;
  readonly #reconciler: SourceReconciler;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #waiting = new Map<string, (signal: AbortSignal) => Promise<unknown>>();
  #errands: Promise<void> | null = null;
  #looks: Promise<void> | null = null;
  #isFailing = false;

  constructor(name: string, reconciler: SourceReconciler, clock: Clock, log: Log) {
    this.#name = name;
    this.#reconciler = reconciler;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    const { every_ms } = this.#reconciler;
    if (every_ms !== null && this.#reconciler.look !== undefined) this.#looks ??= this.#lookEvery(every_ms);
  }

  get acknowledges(): boolean {
    return this.#reconciler.acknowledge !== undefined;
  }

  fetch(left_out: unknown): void {
    if (this.#reconciler.fetch === undefined) return;
    // The same group again while it waits is the same errand.
    const { receiver, group_key } = left_out as { receiver?: unknown; group_key?: unknown }; // only to tell them apart
    this.#errand(`fetch ${JSON.stringify([receiver, group_key])}`, async (signal) => {
      const found = await this.#reconciler.fetch?.(left_out, signal);
      this.#log.info({ source: this.#name, ...found }, 'alerts that a webhook left out were fetched');
    });
  }

  acknowledge(alert: Alert, run: Pick<NewRunHeader, 'run_id' | 'playbook_id'>): void {
    this.#errand(`acknowledge ${run.run_id}`, async (signal) => this.#reconciler.acknowledge?.(alert, run, signal));
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#reconciler.stop();
    await Promise.all([this.#looks, this.#errands]);
  }

  #errand(key: string, work: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.#ending.signal.aborted) return;
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(key))
      return this.#log.warn({ source: this.#name }, 'too many errands wait for the system; one was given up');
    this.#waiting.set(key, work);
    this.#errands ??= this.#runErrands();
  }

  async #runErrands(): Promise<void> {
    for (const [key, work] of this.#waiting) {
      if (this.#ending.signal.aborted) break;
      // Before the work: what comes meanwhile is another errand.
      this.#waiting.delete(key);
      await this.#insist(work);
    }
    this.#errands = null;
  }

  async #insist(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { signal } = this.#ending;
    for (const wait_ms of [...TRY_AGAIN_MS, null]) {
      if (await this.#limited(work)) return;
      if (wait_ms === null || signal.aborted) return;
      await sleep(this.#clock, wait_ms, signal);
    }
  }

  async #lookEvery(every_ms: number): Promise<void> {
    const { signal } = this.#ending;
    await sleep(this.#clock, Math.min(FIRST_LOOK_MS, every_ms), signal);
    while (!signal.aborted) {
      await this.#limited((within) => this.#look(within));
      await sleep(this.#clock, every_ms, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const found = await this.#reconciler.look?.(signal);
    if (found && found.taken + found.ended > 0)
      this.#log.info({ source: this.#name, ...found }, 'the system was compared with what is known here');
  }

  /** True when the work was done. A system that stays away is told of once, and once more when it is back. */
  async #limited(work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    const limit = limitTime(this.#ending.signal, LIMIT_MS, this.#clock);
    try {
      await work(limit.signal);
      if (this.#isFailing) this.#log.info({ source: this.#name }, 'the system can be asked again');
      this.#isFailing = false;
      return true;
    } catch (error) {
      const reason = limit.isOver() ? `it took longer than ${formatMs(LIMIT_MS)}` : messageOf(error);
      if (!this.#isFailing && !this.#ending.signal.aborted)
        this.#log.warn({ source: this.#name, error: reason }, 'what was lost cannot be looked for now');
      this.#isFailing = true;
      return false;
    } finally {
      limit.end();
    }
  }
}
