import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { OVERALL, stormAfter, stormLevelOf } from '../domain/decision/storm.js';
import type { Storm, StormLimit, StormPolicy, StormRates } from '../domain/decision/storm.js';
import { stormOver, stormSeen } from '../triage/storm.js';
import type { StormDemand, StormGauge, StormSeen } from '../triage/storm.js';

interface Counted {
  readonly at: number;
  readonly alerts: number;
  readonly starts: number;
}

const MINUTE_MS = 60_000;
const LONGEST_HOLD_MS = 900_000;

/** Tells how hard it storms in a rehearsal: by the same limits and levels, with nobody to share the counts with. */
export class MemoryStorm implements StormGauge {
  readonly hold_ms: number;
  readonly #policy: StormPolicy;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #counted = new Map<string, Counted[]>();
  readonly #storms = new Map<string, Storm>();

  constructor(policy: StormPolicy, clock: Pick<Clock, 'now'>) {
    this.#policy = policy;
    this.#clock = clock;
    this.hold_ms = Math.min(Math.max(policy.calm_ms, 1_000), LONGEST_HOLD_MS);
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
    const at = this.#clock.now();
    for (const scope of new Set([...demand.alerts.keys(), ...demand.starts.keys()])) {
      const alerts = by * (demand.alerts.get(scope) ?? 0);
      const starts = by * (demand.starts.get(scope) ?? 0);
      this.#counted.set(scope, [...this.#recent(scope), { at, alerts, starts }]);
    }
  }

  #seen(scope: string, demand: StormDemand): StormSeen {
    const { notify_only_at, calm_ms } = this.#policy;
    const limit = this.#limitOf(scope);
    const rates = this.#ratesOf(scope, demand);
    const now = stormLevelOf(rates, limit, notify_only_at);
    const next = stormAfter(
      this.#storms.get(scope) ?? null,
      { scope, level: now, rates },
      instant(this.#clock.now()),
      calm_ms,
    );
    if (next) this.#storms.set(scope, next);
    const level = next && next.level > now ? next.level : now;
    return stormSeen(scope, { level, rates, since: next?.since ?? null }, limit);
  }

  #ratesOf(scope: string, demand: StormDemand): StormRates {
    const recent = this.#recent(scope);
    return {
      alerts: recent.reduce((sum, { alerts }) => sum + alerts, demand.alerts.get(scope) ?? 0),
      starts: recent.reduce((sum, { starts }) => sum + starts, demand.starts.get(scope) ?? 0),
    };
  }

  #recent(scope: string): Counted[] {
    const from = this.#clock.now() - MINUTE_MS;
    return (this.#counted.get(scope) ?? []).filter(({ at }) => at > from);
  }

  #limitOf(scope: string): StormLimit {
    return scope === OVERALL ? this.#policy.overall : this.#policy.per_service;
  }
}
