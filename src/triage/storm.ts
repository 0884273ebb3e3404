import { counted } from '../domain/counted.js';
import { OVERALL } from '../domain/decision/storm.js';
import type { StormLevel, StormLimit, StormRates } from '../domain/decision/storm.js';
import type { Hold } from './hold.js';

/** What a batch has brought so far that nobody has counted yet. */
export interface StormDemand {
  /** By scope; '' is everything together. */
  readonly alerts: ReadonlyMap<string, number>;
  readonly starts: ReadonlyMap<string, number>;
}

/** The storm that an alert meets: the highest of all that concern it. */
export interface StormSeen {
  readonly level: StormLevel;
  /** `storm`, or `storm:SERVICE`. */
  readonly by: string;
  /** A sentence with the figures. */
  readonly explanation: string;
}

/** Tells how hard it storms. */
export interface StormGauge {
  /** What an alert of a service meets now, with what its batch has brought before it. */
  look(service_name: string | null, demand: StormDemand): StormSeen;
  /** Counts what is about to be decided: batches that are decided meanwhile see it. */
  count(demand: StormDemand): void;
  /** Takes that back, where it came to no decision. */
  uncount(demand: StormDemand): void;
  /** For how long an alert is held at the highest level before it is looked at again. */
  readonly hold_ms: number;
}

/** The demand of one batch, as it grows. */
export class BatchDemand implements StormDemand {
  readonly alerts = new Map<string, number>();
  readonly starts = new Map<string, number>();

  add(what: 'alerts' | 'starts', service_name: string | null): void {
    this.#change(what, service_name, 1);
  }

  take(what: 'alerts' | 'starts', service_name: string | null): void {
    this.#change(what, service_name, -1);
  }

  #change(what: 'alerts' | 'starts', service_name: string | null, by: 1 | -1): void {
    const counts = this[what];
    counts.set('', (counts.get('') ?? 0) + by);
    if (service_name !== null && service_name !== '') counts.set(service_name, (counts.get(service_name) ?? 0) + by);
  }

  get isEmpty(): boolean {
    return this.alerts.size === 0 && this.starts.size === 0;
  }
}

/** The storm over one scope, in a sentence with its figures where there is one; `since` is null while it has only begun. */
export function stormSeen(
  scope: string,
  storm: { readonly level: StormLevel; readonly rates: StormRates; readonly since: string | null },
  limit: StormLimit,
): StormSeen {
  const by = scope === OVERALL ? 'storm' : `storm:${scope}`;
  const { level, rates } = storm;
  if (level === 0) return { level, by, explanation: '' };
  const where = scope === OVERALL ? '' : ` of ${scope}`;
  const since = storm.since === null ? '' : ` since ${storm.since}`;
  return { level, by, explanation: `storm${where}, level ${level}${since}: ${figures(rates, limit)} within a minute` };
}

function figures(rates: StormRates, limit: StormLimit): string {
  const parts: string[] = [];
  if (limit.starts_per_minute > 0)
    parts.push(`${counted(rates.starts, 'run')} to start (limit ${limit.starts_per_minute})`);
  if (limit.alerts_per_minute > 0)
    parts.push(`${counted(rates.alerts, 'new alert')} (limit ${limit.alerts_per_minute})`);
  return parts.join(' and ');
}

/** What an alert of a service meets: the storm over everything, unless that of its service is harder. */
export function stormOver(service_name: string | null, seen: (scope: string) => StormSeen): StormSeen {
  const all = seen(OVERALL);
  if (service_name === null || service_name === OVERALL) return all;
  const own = seen(service_name);
  return own.level > all.level ? own : all;
}

/** At the highest level nothing new starts. */
export function stormHold(seen: StormSeen, until: string): Hold {
  return {
    reason: 'storm',
    until,
    by: seen.by,
    explanation: `${seen.explanation}: nothing new starts, people are told`,
  };
}
