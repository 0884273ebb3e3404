import type { Instant } from '../alert/alert.js';
import type { AuditEntry } from '../access/audit.js';
import type { Notices } from '../outbox.js';

/** 0: no storm. 1: what new runs write is asked about. 2: nothing new starts, people are told and decide. */
export type StormLevel = 0 | 1 | 2;

/** From how many a minute on it is a storm; 0 is no limit. */
export interface StormLimit {
  readonly alerts_per_minute: number;
  readonly starts_per_minute: number;
}

export interface StormPolicy {
  readonly overall: StormLimit;
  readonly per_service: StormLimit;
  /** At how many times the limit nothing new starts any more. */
  readonly notify_only_at: number;
  /** How long it has to be calmer before a level ends. */
  readonly calm_ms: number;
}

/** What happened within the last minute: alerts that began to fire, and runs that started or were to start. */
export interface StormRates {
  readonly alerts: number;
  readonly starts: number;
}

/** The scope of everything together; a service's scope is its name. */
export const OVERALL = '';

/** A storm as all processes see it. */
export interface Storm {
  /** Empty for all services together. */
  readonly scope: string;
  readonly level: StormLevel;
  /** When it began, by its first level. */
  readonly since: Instant;
  /** When its level changed the last time. */
  readonly changed_at: Instant;
  /** Since when it has been calmer than its level, and the highest level that was reached since; null while it is not. */
  readonly calm_since: Instant | null;
  readonly calm_level: StormLevel;
  /** The rates at which its level changed. */
  readonly rates: StormRates;
  /** Its highest level. */
  readonly peak: StormLevel;
  /** Where a person has ended it: until then it does not begin again, however much comes. */
  readonly ended?: StormEnd;
}

/** Who has ended a storm, why, and how long there is to be no other. */
export interface StormEnd {
  readonly by: string;
  readonly reason: string;
  readonly until: Instant;
}

/** How many alerts of one name and service a storm brought, and what became of them. */
export interface StormShare {
  readonly service_name: string | null;
  readonly alert_name: string;
  readonly alerts: number;
  readonly held: number;
}

export interface StormSummary {
  readonly alerts: number;
  readonly held: number;
  readonly runs: number;
  /** Those with the most alerts. */
  readonly shares: readonly StormShare[];
}

/** Counts of one second, to be added to those of other processes. */
export interface StormCount {
  readonly scope: string;
  readonly second: Instant;
  readonly alerts: number;
  readonly starts: number;
}

/** A storm and the version by which a change of it is fenced. */
export interface StoredStorm {
  readonly storm: Storm;
  readonly version: number;
}

/** Ends the storm of one scope, or without a scope all that there are; `conflict` where there is none. */
export type EndStorms = (command: {
  readonly scope?: string;
  readonly by: string;
  readonly reason: string;
  readonly for_ms: number;
}) => Promise<void>;

/** What is known of storms by all processes together. */
export interface StormStore {
  /** Adds what this process has counted; answers the sums since an instant, and the storms that there are. */
  tally(
    counts: readonly StormCount[],
    since: Instant,
  ): Promise<{
    readonly sums: readonly (StormRates & { readonly scope: string })[];
    readonly storms: readonly StoredStorm[];
  }>;
  /** Changes a storm, with what people are told of it; `conflict` when somebody else has changed it since that version (0: there is none). */
  move(storm: Storm, expected: number, told: StormTold): Promise<'moved' | 'conflict'>;
  /** The storms that there are now, and those that people have ended and keep off at that instant. */
  current(now: Instant): Promise<readonly Storm[]>;
  /** What happened between two instants, in one service or all of them. */
  summary(scope: string, from: Instant, to: Instant): Promise<StormSummary>;
}

/** What is written with a change of a storm's level. */
export interface StormTold {
  readonly notice: Parameters<Notices['add']>[0] | null;
  readonly audit: AuditEntry | null;
}

/** The level that rates stand for. */
export function stormLevelOf(rates: StormRates, limit: StormLimit, notify_only_at: number): StormLevel {
  const times = Math.max(
    timesOver(rates.alerts, limit.alerts_per_minute),
    timesOver(rates.starts, limit.starts_per_minute),
  );
  if (times > notify_only_at) return 2;
  return times > 1 ? 1 : 0;
}

function timesOver(rate: number, limit: number): number {
  return limit === 0 ? 0 : rate / limit;
}

/** True while a person's word keeps a storm from beginning again. */
export function isKeptOff({ ended }: Storm, now: Instant): boolean {
  return ended !== undefined && ended.until > now;
}

/** What a storm is that a person ends: it is over, and stays so for as long as they say. */
export function stormEndedBy(storm: Storm, ended: StormEnd, now: Instant): Storm {
  return { ...storm, level: 0, changed_at: now, calm_since: null, calm_level: 0, ended };
}

/**
 * What a storm is after a look at its rates: it rises at once, and falls when it has been calmer for long enough, to the highest level that was
 * reached meanwhile. The very storm when nothing of it has changed; null when there is none.
 */
export function stormAfter(
  before: Storm | null,
  seen: { readonly scope: string; readonly level: StormLevel; readonly rates: StormRates },
  now: Instant,
  calm_ms: number,
): Storm | null {
  if (before && isKeptOff(before, now)) return before;
  const level = before?.level ?? 0;
  if (seen.level > level) {
    const since = before && before.level > 0 ? before.since : now;
    const peak = before && before.level > 0 && before.peak > seen.level ? before.peak : seen.level;
    const { scope, rates } = seen;
    return { scope, level: seen.level, since, changed_at: now, calm_since: null, calm_level: 0, rates, peak };
  }
  if (before === null || level === 0) return before;
  if (seen.level === level) return before.calm_since === null ? before : { ...before, calm_since: null, calm_level: 0 };
  if (before.calm_since === null) return { ...before, calm_since: now, calm_level: seen.level };
  if (Date.parse(now) - Date.parse(before.calm_since) >= calm_ms) {
    const lower = before.calm_level > seen.level ? before.calm_level : seen.level;
    // What is left has to be calmer for as long again.
    return { ...before, level: lower, changed_at: now, calm_since: null, calm_level: 0, rates: seen.rates };
  }
  return seen.level > before.calm_level ? { ...before, calm_level: seen.level } : before;
}
