import type { Clock } from '../domain/clock.js';
import { instant, sleep } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { PlainNotice } from '../domain/notifier.js';
import type {
  StoredStorm,
  Storm,
  StormCount,
  StormLevel,
  StormLimit,
  StormPolicy,
  StormRates,
  StormStore,
  StormSummary,
  StormTold,
} from '../domain/decision/storm.js';
import { isKeptOff, OVERALL, stormAfter, stormLevelOf } from '../domain/decision/storm.js';
import { stormOver, stormSeen } from './storm.js';
import type { StormDemand, StormGauge, StormSeen } from './storm.js';

/** A change of a storm's level, for whoever puts it into words. */
export interface StormNews {
  readonly storm: Storm;
  readonly before: StormLevel;
  readonly limit: StormLimit;
  /** What it brought; null while it rises. */
  readonly summary: StormSummary | null;
}

export interface StormWatchOptions {
  readonly store: StormStore;
  readonly policy: StormPolicy;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** What people are told; null where nobody is. */
  readonly tell: (news: StormNews) => PlainNotice | null;
  readonly meter: { stormLevel(scope: string, level: StormLevel): void };
}

/** How often counts are shared with other processes while anything happens, and how often they are looked at while nothing does. */
const EVERY_MS = 1_000;
const IDLE_EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
/** Services that are counted by themselves between two looks; more are counted together only. */
const MAX_SCOPES = 5_000;
const LONGEST_SCOPE = 500;
const HOLD_MS = { least: 1_000, most: 900_000 };
const NONE: StormRates = { alerts: 0, starts: 0 };

/**
 * Knows how hard it storms. What this process counts matters at once, what others count a second later; the levels themselves are kept in the
 * store, so that all processes see the same, and a restart ends no storm.
 */
export class StormWatch implements StormGauge {
  readonly #options: StormWatchOptions;
  readonly hold_ms: number;
  readonly #stopping = new AbortController();
  #pending = new Counts();
  /** On its way to the store. */
  #sending = new Counts();
  #shared = new Map<string, StormRates>();
  #storms = new Map<string, StoredStorm>();
  #nap: AbortController | null = null;
  #loop: Promise<void> | null = null;
  #fails = false;

  constructor(options: StormWatchOptions) {
    this.#options = options;
    this.hold_ms = Math.min(Math.max(options.policy.calm_ms, HOLD_MS.least), HOLD_MS.most);
  }

  /** Looks once, so that a storm that lasts is known before anything is decided, and then goes on looking. */
  async start(): Promise<void> {
    await this.#tick();
    this.#loop = this.#watch();
  }

  /** Hands over what was counted last. May be called twice, or before `start`. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    this.#nap?.abort();
    await this.#loop;
    if (this.#loop) await this.#tick().catch((error: unknown) => this.#complain(error));
  }

  /** What it says by what all processes have counted until now, for whoever asks what would be; it neither counts nor writes. */
  async glance(): Promise<StormGauge> {
    const { store, clock } = this.#options;
    const { sums, storms } = await store.tally([], instant(clock.now() - MINUTE_MS));
    const seen = new StormWatch(this.#options);
    seen.#take(sums, storms);
    seen.#pending = this.#pending;
    seen.#sending = this.#sending;
    return seen;
  }

  #take(sums: readonly (StormRates & { readonly scope: string })[], storms: readonly StoredStorm[]): void {
    this.#shared = new Map(sums.map(({ scope, alerts, starts }) => [scope, { alerts, starts }]));
    this.#storms = new Map(storms.map((stored) => [stored.storm.scope, stored]));
  }

  look(service_name: string | null, demand: StormDemand): StormSeen {
    return stormOver(service_name, (scope) => this.#seen(scope, demand));
  }

  count(demand: StormDemand): void {
    this.#count(demand, 1);
  }

  uncount(demand: StormDemand): void {
    this.#count(demand, -1);
  }

  #count(demand: StormDemand, by: 1 | -1): void {
    const second = instant(Math.floor(this.#options.clock.now() / 1_000) * 1_000);
    for (const [scope, alerts] of demand.alerts) this.#add(scope, second, { alerts: by * alerts, starts: 0 });
    for (const [scope, starts] of demand.starts) this.#add(scope, second, { alerts: 0, starts: by * starts });
    // Others are to hear of it within a second, however long nothing has happened.
    this.#nap?.abort();
  }

  #add(scope: string, second: string, rates: StormRates): void {
    if (isLimited(this.#limitOf(scope)) && scope.length <= LONGEST_SCOPE) this.#pending.add(scope, second, rates);
  }

  #limitOf(scope: string): StormLimit {
    const { overall, per_service } = this.#options.policy;
    return scope === OVERALL ? overall : per_service;
  }

  #seen(scope: string, demand: StormDemand): StormSeen {
    const limit = this.#limitOf(scope);
    const none = { level: 0, rates: NONE, since: null } as const;
    if (!isLimited(limit)) return stormSeen(scope, none, limit);
    const shared = this.#shared.get(scope) ?? NONE;
    const own = [this.#sending.of(scope), this.#pending.of(scope)];
    const rates = {
      alerts: shared.alerts + sum(own, 'alerts') + (demand.alerts.get(scope) ?? 0),
      starts: shared.starts + sum(own, 'starts') + (demand.starts.get(scope) ?? 0),
    };
    const storm = this.#storms.get(scope)?.storm;
    if (storm?.ended && isKeptOff(storm, instant(this.#options.clock.now()))) return stormSeen(scope, none, limit);
    const kept = storm?.level ?? 0;
    const now = stormLevelOf(rates, limit, this.#options.policy.notify_only_at);
    const since = storm && kept > 0 ? storm.since : null;
    return stormSeen(scope, { level: now > kept ? now : kept, rates, since }, limit);
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#rest();
      if (signal.aborted) return;
      try {
        await this.#tick();
        this.#fails = false;
      } catch (error) {
        this.#complain(error);
      }
    }
  }

  /** At least as long as between two looks of a busy time, however much is counted. */
  async #rest(): Promise<void> {
    const { clock } = this.#options;
    await sleep(clock, EVERY_MS, this.#stopping.signal);
    const isCalm = [...this.#storms.values()].every(({ storm }) => storm.level === 0);
    const idle = isCalm && this.#pending.isEmpty && this.#shared.size === 0;
    if (!idle || this.#stopping.signal.aborted) return;
    this.#nap = new AbortController();
    await sleep(clock, IDLE_EVERY_MS - EVERY_MS, AbortSignal.any([this.#nap.signal, this.#stopping.signal]));
    this.#nap = null;
  }

  #complain(error: unknown): void {
    // Once: it says the same every second for as long as the database is away.
    if (!this.#fails) this.#options.log.warn({ error: messageOf(error) }, 'storms cannot be looked at; trying again');
    this.#fails = true;
  }

  async #tick(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    this.#sending = this.#pending;
    this.#pending = new Counts();
    try {
      const { sums, storms } = await store.tally(this.#sending.rows(), instant(now - MINUTE_MS));
      this.#take(sums, storms);
    } catch (error) {
      this.#pending.take(this.#sending);
      throw error;
    } finally {
      this.#sending = new Counts();
    }
    for (const scope of new Set([OVERALL, ...this.#shared.keys(), ...this.#storms.keys()])) await this.#settle(scope);
  }

  async #settle(scope: string): Promise<void> {
    const { store, policy, clock, meter, log } = this.#options;
    const stored = this.#storms.get(scope);
    const before = stored?.storm ?? null;
    const rates = this.#shared.get(scope) ?? NONE;
    const level = stormLevelOf(rates, this.#limitOf(scope), policy.notify_only_at);
    const now = instant(clock.now());
    const next = stormAfter(before, { scope, level, rates }, now, policy.calm_ms);
    const was = before?.level ?? 0;
    if (next === null || next === before) return meter.stormLevel(scope, was);
    const version = stored?.version ?? 0;
    const told = next.level === was ? { notice: null, audit: null } : await this.#told(next, was, now);
    // Who comes second has it from the store a second later, and tells nobody.
    if ((await store.move(next, version, told)) === 'conflict') return;
    this.#storms.set(scope, { storm: next, version: version + 1 });
    meter.stormLevel(scope, next.level);
    if (next.level !== was) log.warn({ service_name: scope, level: next.level, before: was, ...rates }, 'storm');
  }

  async #told(storm: Storm, before: StormLevel, now: string): Promise<StormTold> {
    const { store, ids, tell } = this.#options;
    const { scope, level, rates, since } = storm;
    const summary = level < before ? await store.summary(scope, since, now) : null;
    const notice = tell({ storm, before, limit: this.#limitOf(scope), summary });
    return {
      notice: notice && { ...notice, notice_id: `notice:${ids.next()}`, created_at: now },
      audit: {
        audit_id: ids.next(),
        at: now,
        who: 'storm',
        what: level === 0 ? 'storm_ended' : level > before ? 'storm_rose' : 'storm_fell',
        target: scope === OVERALL ? null : scope,
        details: { level, before, since, ...rates, ...(summary ?? {}) },
      },
    };
  }
}

/** What was counted since somebody was told of it. */
class Counts {
  readonly #byScope = new Map<string, Map<string, StormRates>>();

  get isEmpty(): boolean {
    return this.#byScope.size === 0;
  }

  add(scope: string, second: string, { alerts, starts }: StormRates): void {
    let seconds = this.#byScope.get(scope);
    if (!seconds) {
      if (this.#byScope.size >= MAX_SCOPES && scope !== OVERALL) return;
      const fresh = new Map<string, StormRates>();
      seconds = fresh;
      this.#byScope.set(scope, fresh);
    }
    const known = seconds.get(second) ?? NONE;
    seconds.set(second, { alerts: known.alerts + alerts, starts: known.starts + starts });
  }

  /** Counts of which the store has not heard after all. Older ones than a minute are of no more use. */
  take(others: Counts): void {
    for (const { scope, second, ...rates } of others.rows()) this.add(scope, second, rates);
    for (const seconds of this.#byScope.values())
      for (const second of [...seconds.keys()].sort().slice(0, -MINUTE_MS / 1_000)) seconds.delete(second);
  }

  of(scope: string): StormRates {
    return total([...(this.#byScope.get(scope)?.values() ?? [])]);
  }

  rows(): StormCount[] {
    return [...this.#byScope].flatMap(([scope, seconds]) =>
      [...seconds].map(([second, rates]) => ({ scope, second, ...rates })),
    );
  }
}

function isLimited({ alerts_per_minute, starts_per_minute }: StormLimit): boolean {
  return alerts_per_minute > 0 || starts_per_minute > 0;
}

function total(rates: readonly StormRates[]): StormRates {
  return { alerts: sum(rates, 'alerts'), starts: sum(rates, 'starts') };
}

function sum(rates: readonly StormRates[], what: keyof StormRates): number {
  let all = 0;
  for (const rate of rates) all += rate[what];
  return all;
}
