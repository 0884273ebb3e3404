import type { Alert } from '../domain/alert/alert.js';
import type { Clock } from '../domain/clock.js';
import { instant, sleep, untilBeat } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { InhibitionRules } from '../domain/suppression/inhibition.js';
import type { Log } from '../domain/log.js';
import type { SilenceSource } from '../domain/source.js';
import type { HoldStore } from '../domain/suppression/hold-store.js';
import type { SuppressionStamp as Stamp, SuppressionStore } from '../domain/suppression/suppression-store.js';
import type { DecidedBatch } from '../domain/triage-store.js';
import { NO_FILE_SUPPRESSIONS } from '../domain/suppression/suppression.js';
import type { FileSuppressions, InhibitRule, KeptSuppression, Silence } from '../domain/suppression/suppression.js';
import { SuppressionSet } from '../domain/suppression/suppression-set.js';
import type { Frozen, Suppressed } from '../domain/suppression/suppression-set.js';
import { occurrenceKey } from './content.js';
import type { FiringMemory } from './firing.js';
import { FiringView } from './firing-view.js';

/** What is in force, and what fires and holds others back: one consistent pair. */
export interface SuppressionState {
  readonly set: SuppressionSet;
  /** Null while there is no inhibition rule. */
  readonly firing: FiringMemory | null;
}

interface InForce {
  readonly set: SuppressionSet;
  readonly view: FiringView | null;
}

export interface SuppressionDeps {
  readonly suppressions: SuppressionStore;
  readonly holds: HoldStore;
  /** The silences of the configured Alertmanager; null when none is. */
  readonly alertmanager: SilenceSource | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when what freezes writes may have changed. */
  readonly freezeChanged: () => void;
}

/** How soon this process hears of what others have changed. */
const LOOK_EVERY_MS = 1_000;
/** How often it makes sure that nothing is held by what is gone, whoever was to see to that. */
const MEND_EVERY_MS = 30_000;
const ALERTMANAGER_EVERY_MS = 30_000;
const ALERTMANAGER_WITHIN_MS = 10_000;
/** The end of many sources in a storm is seen to together. */
const RELEASE_AFTER_MS = 250;
/** What stands before the colon of what holds depend on that this process can judge. */
const OWN_KINDS = ['silence', 'window', 'inhibit', 'inhibit2'];

type Sources = NonNullable<DecidedBatch['sources']>;

/**
 * Knows what holds alerts back in this process, and lets held alerts be decided again when that is gone. Everything is asked of memory; the store
 * is asked whether others have changed something, and only where there are others.
 */
export class SuppressionKeeper {
  readonly #deps: SuppressionDeps;
  readonly #stopping = new AbortController();
  #state: InForce = { set: new SuppressionSet({ silences: [], windows: [], inhibit_rules: [] }), view: null };
  #kept: readonly KeptSuppression[] = [];
  #file: FileSuppressions = NO_FILE_SUPPRESSIONS;
  /** Null until they could be read once. */
  #foreign: readonly Silence[] | null = null;
  #stamp: Stamp = { changes: '', sources: null };
  /** Something has changed here that is not in force yet, because the store could not be read. */
  #isStale = false;
  #work: Promise<void> = Promise.resolve();
  #looking: Promise<void> | null = null;
  /** Hears of commits before it is in force. */
  #opening: FiringView | null = null;
  #cancelRelease: (() => void) | null = null;
  /** False when surely nothing is held by anything. */
  #mayHold = true;
  #loops: Promise<void> | null = null;

  constructor(deps: SuppressionDeps) {
    this.#deps = deps;
  }

  /** Null while nothing holds alerts back: then nobody needs to ask. */
  get current(): SuppressionState | null {
    const { set, view } = this.#state;
    return set.isEmpty ? null : { set, firing: view?.memory ?? null };
  }

  get set(): SuppressionSet {
    return this.#state.set;
  }

  /** Loads what is in force, and watches over it until `stop`. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#reload());
    this.#loops = Promise.all([this.#watch(), this.#watchAlertmanager()]).then(() => undefined);
  }

  /** May be called twice, or before start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelRelease?.();
    await this.#loops;
    await this.#work;
  }

  /** What stands in files from now on. Before `start` it is only noted. */
  async setFile(file: FileSuppressions): Promise<void> {
    if (JSON.stringify(file) === JSON.stringify(this.#file)) return;
    this.#file = file;
    this.#isStale = true;
    if (this.#loops !== null) await this.#inTurn(() => this.#reload());
  }

  /** This process has changed what is kept. */
  async changed(): Promise<void> {
    this.#isStale = true;
    await this.#inTurn(() => this.#reload());
  }

  /** Looks now whether others have changed something; resolves at once where nobody else could have. */
  async freshen(): Promise<void> {
    if (!this.#deps.suppressions.shared) return;
    await (this.#looking ??= this.#inTurn(() => this.#look()).finally(() => (this.#looking = null)));
  }

  /** Takes what a commit has made of the sources. */
  committed(sources: Sources): void {
    this.#state.view?.committed(sources);
    this.#opening?.committed(sources);
    // What was added here and taken away by others meanwhile leaves the stamp as it was before both.
    this.#stamp = { ...this.#stamp, sources: null };
    if (sources.over.length > 0) this.#releaseSoon();
  }

  /** Everything that would hold an alert back now. */
  explain(alert: Alert): Suppressed[] {
    const { set, view } = this.#state;
    const now = instant(this.#deps.clock.now());
    const inhibited = view ? set.inhibited(alert, occurrenceKey(alert), view.memory, now) : null;
    return [set.silenced(alert, now), set.inWindow(alert, now), inhibited].filter((held) => held !== null);
  }

  /** What freezes the writes of a run about these alerts now. */
  frozen(alerts: readonly Alert[]): Frozen | null {
    return this.#state.set.frozen(alerts, this.#deps.clock.now());
  }

  /** One after the other, so that an older state never replaces a newer one. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  /** Takes what others have changed. */
  async #look(): Promise<void> {
    const stamp = await this.#deps.suppressions.stamp(this.#state.view !== null);
    if (stamp.changes !== this.#stamp.changes || this.#isStale) await this.#reload();
    else if (stamp.sources !== this.#stamp.sources) await this.#refreshSources(stamp);
  }

  /** What is in force is as it was, but others have heard of alerts that hold back, or of their end. */
  async #refreshSources(stamp: Stamp): Promise<void> {
    await this.#state.view?.refresh();
    this.#stamp = { ...this.#stamp, sources: stamp.sources };
    this.#releaseSoon();
  }

  async #reload(): Promise<void> {
    const { suppressions, clock } = this.#deps;
    // Until it is whole: what was asked and could not be read is asked for again.
    this.#isStale = true;
    for (let again = true; again;) {
      const hadRules = inhibitRules(this.#kept, this.#file).length > 0;
      // Asked before the rest is read: what changes meanwhile is seen at the next look.
      this.#stamp = await suppressions.stamp(hadRules);
      this.#kept = await suppressions.inForce(instant(clock.now()));
      again = !hadRules && inhibitRules(this.#kept, this.#file).length > 0;
    }
    await this.#publish();
    this.#isStale = false;
  }

  async #publish(): Promise<void> {
    const content = {
      silences: [...this.#kept.flatMap(({ kind, doc }) => (kind === 'silence' ? [doc] : [])), ...(this.#foreign ?? [])],
      windows: [
        ...this.#kept.flatMap(({ kind, doc }) => (kind === 'maintenance_window' ? [doc] : [])),
        ...this.#file.windows,
      ],
      inhibit_rules: inhibitRules(this.#kept, this.#file),
    };
    const set = new SuppressionSet(content, this.#state.set);
    const view = set.inhibition === null ? null : await this.#openView(set.inhibition, set.content.inhibit_rules);
    const { set: before } = this.#state;
    this.#state = { set, view };
    this.#mayHold ||= !set.isEmpty;
    if (before.canFreeze || set.canFreeze) this.#deps.freezeChanged();
    await this.#release();
  }

  async #openView(rules: InhibitionRules, written: readonly InhibitRule[]): Promise<FiringView> {
    const view = new FiringView(this.#deps.holds, rules);
    this.#opening = view;
    try {
      await view.open(written, this.#stopping.signal);
    } finally {
      this.#opening = null;
    }
    return view;
  }

  /** Lets go of everything that is held by what is gone. */
  async #release(): Promise<void> {
    if (!this.#mayHold) return;
    const { holds, clock, log } = this.#deps;
    const now = instant(clock.now());
    const holders = [...this.#state.set.holders(now), ...(this.#state.view?.memory.holders() ?? [])];
    const released = await holds.releaseOthers(OWN_KINDS, holders, now);
    if (released > 0) log.info({ alerts: released }, 'held alerts are decided again: what held them is gone');
    if (this.#state.set.isEmpty && this.#deps.alertmanager === null) this.#mayHold = false;
  }

  /** What others know of must not be taken for gone. */
  async #releaseNow(): Promise<void> {
    if (this.#deps.suppressions.shared) await this.#look();
    await this.#release();
  }

  #releaseSoon(): void {
    if (this.#cancelRelease !== null || this.#stopping.signal.aborted) return;
    this.#cancelRelease = this.#deps.clock.after(RELEASE_AFTER_MS, () => {
      this.#cancelRelease = null;
      this.#inTurn(() => this.#releaseNow()).catch((error: unknown) =>
        // The next look at what is held, half a minute later at most, does it.
        this.#deps.log.warn({ error: messageOf(error) }, 'held alerts could not be let go, trying again'),
      );
    });
  }

  /** Never rejects. */
  async #watch(): Promise<void> {
    const { clock, log, suppressions } = this.#deps;
    const { signal } = this.#stopping;
    let nextMend = clock.monotonic() + MEND_EVERY_MS;
    while (!signal.aborted) {
      await sleep(clock, untilBeat(clock, suppressions.shared ? LOOK_EVERY_MS : MEND_EVERY_MS), signal);
      if (signal.aborted) return;
      try {
        if (suppressions.shared) await this.freshen();
        if (clock.monotonic() < nextMend) continue;
        nextMend = clock.monotonic() + MEND_EVERY_MS;
        await this.#inTurn(() => this.#mend());
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'what holds alerts back could not be looked at, trying again');
      }
    }
  }

  async #mend(): Promise<void> {
    const now = instant(this.#deps.clock.now());
    // Whatever was missed is seen now.
    this.#stamp = { ...this.#stamp, sources: null };
    const sourcesChanged = this.#state.view !== null && (await this.#deps.holds.mendSources([]));
    const { silences, windows, inhibit_rules } = this.#state.set.content;
    const hasEnded =
      silences.some(({ ends_at }) => ends_at <= now) ||
      [...windows, ...inhibit_rules].some(({ expires_at }) => expires_at !== null && expires_at <= now);
    if (sourcesChanged || hasEnded || this.#isStale) await this.#reload();
    else await this.#releaseNow();
  }

  /** Never rejects. The last good answer counts until there is another. */
  async #watchAlertmanager(): Promise<void> {
    const { alertmanager, clock, log } = this.#deps;
    const { signal } = this.#stopping;
    let isAway = false;
    while (alertmanager !== null && !signal.aborted) {
      const limit = new AbortController();
      const cancel = clock.after(ALERTMANAGER_WITHIN_MS, () => limit.abort());
      try {
        const found = await alertmanager.silences(AbortSignal.any([signal, limit.signal]));
        await this.#inTurn(() => this.#takeForeign(found));
        if (isAway) log.info({}, "Alertmanager's silences can be read again");
        isAway = false;
      } catch (error) {
        if (signal.aborted) return cancel();
        if (!isAway)
          log.warn(
            { error: messageOf(error) },
            "Alertmanager's silences cannot be read; those that were read last count",
          );
        isAway = true;
      }
      cancel();
      await sleep(clock, ALERTMANAGER_EVERY_MS, signal);
    }
  }

  async #takeForeign(found: readonly Silence[]): Promise<void> {
    const { holds, clock } = this.#deps;
    const before = this.#foreign;
    const now = instant(clock.now());
    this.#foreign = found;
    if (JSON.stringify(before) !== JSON.stringify(found)) await this.#publish();
    const there = new Set(found.filter(({ ends_at }) => ends_at > now).map((silence) => silence.silence_id));
    // At the first time nobody here knows which there were before; later, another process may know of one that this one has not heard of.
    if (before === null) await holds.releaseOthers(['alertmanager'], [...there].map(holderOf), now);
    else {
      const gone = before.filter(({ silence_id }) => !there.has(silence_id)).map(({ silence_id }) => silence_id);
      await holds.release(gone.map(holderOf), now);
    }
  }
}

function holderOf(silence_id: string): string {
  return `alertmanager:${silence_id}`;
}

function inhibitRules(kept: readonly KeptSuppression[], file: FileSuppressions): InhibitRule[] {
  return [...kept.flatMap(({ kind, doc }) => (kind === 'inhibit_rule' ? [doc] : [])), ...file.inhibit_rules];
}
