import { compareText } from './tree.js';
import { keyOf, median, placeOf, toMs } from './visit.js';
import type { Place, Visit } from './visit.js';

/** So many requests of one operation are needed to say what is normal for it. */
const MIN_REFERENCE = 5;
/** Slow is at least this much above normal, so that jitter of quick operations is not. */
const MIN_EXTRA_US = 10_000;

/** The service that explains most of what is wrong. */
export interface Culprit extends Place {
  /** Its part of the extra time (or of the failed traces, or of all the time), from 0 to 1. */
  readonly share: number;
  readonly reason: string;
}

/** The traces of a window, told apart. */
export interface Sorted {
  readonly slow: readonly Visit[];
  readonly failed: readonly Visit[];
  readonly normal: readonly Visit[];
  /** False when nothing could be compared: no threshold was given, and there are too few traces to know what is normal. */
  readonly compared: boolean;
}

/**
 * Tells slow and failed traces from normal ones. Slow is what takes at least the threshold; without one, what lies far above the median of
 * its operation before the window, or, where nothing is known of before, in the window itself.
 */
export function sortVisits(visits: readonly Visit[], baseline: readonly Visit[], threshold_us: number | null): Sorted {
  const limits = threshold_us === null ? limitsOf(visits, baseline) : null;
  const slow: Visit[] = [];
  const failed: Visit[] = [];
  const normal: Visit[] = [];
  for (const visit of visits) {
    const limit = threshold_us ?? limits?.get(visit.operation) ?? Infinity;
    const isSlow = visit.duration_us >= limit;
    if (isSlow) slow.push(visit);
    if (visit.failed) failed.push(visit);
    if (!isSlow && !visit.failed) normal.push(visit);
  }
  return { slow, failed, normal, compared: threshold_us !== null || (limits?.size ?? 0) > 0 };
}

/** Three robust standard deviations above the median, and never less than half as much again. */
function limitsOf(visits: readonly Visit[], baseline: readonly Visit[]): Map<string, number> {
  const limits = new Map<string, number>();
  const earlier = byOperation(baseline);
  for (const [operation, own] of byOperation(visits)) {
    const before = earlier.get(operation) ?? [];
    const known = (before.length >= MIN_REFERENCE ? before : own).filter((visit) => !visit.failed);
    if (known.length < MIN_REFERENCE) continue;
    const durations = known.map((visit) => visit.duration_us);
    const middle = median(durations);
    const spread = 1.4826 * median(durations.map((duration) => Math.abs(duration - middle)));
    limits.set(operation, Math.max(middle * 1.5, middle + 3 * spread, middle + MIN_EXTRA_US));
  }
  return limits;
}

/**
 * Names the culprit: for slow traces who takes most of the time that they need more than normal ones, for failed ones where most of the
 * failures began; whichever there are more of. Null when there is nothing wrong to explain, or no trace.
 */
export function findCulprit(sorted: Sorted, baseline: readonly Visit[]): Culprit | null {
  const { slow, failed, normal, compared } = sorted;
  const quickFailures = failed.filter((visit) => !slow.includes(visit));
  if (quickFailures.length > slow.length) return byFailures(failed);
  if (slow.length > 0) {
    const reference = normal.length > 0 ? normal : baseline.filter((visit) => !visit.failed);
    const what = normal.length > 0 ? 'normal ones' : 'those before the window';
    const extra = reference.length === 0 ? null : byExtraTime(slow, reference, what);
    return extra ?? byShare(slow, `${slow.length} slow traces`);
  }
  if (failed.length > 0) return byFailures(failed);
  return compared || normal.length === 0
    ? null
    : byShare(normal, `${normal.length} traces; there is nothing to compare them with`);
}

function byExtraTime(slow: readonly Visit[], reference: readonly Visit[], what: string): Culprit | null {
  const groups = byOperation(reference);
  const now = new Map<string, number>();
  const usual = new Map<string, number>();
  for (const visit of slow) {
    add(now, visit.blame, 1 / slow.length);
    // Like is compared with like: the same operation where there are normal ones of it.
    const peers = groups.get(visit.operation) ?? reference;
    for (const peer of peers) add(usual, peer.blame, 1 / peers.length / slow.length);
  }
  const extra = new Map<string, number>();
  for (const key of new Set([...now.keys(), ...usual.keys()]))
    extra.set(key, (now.get(key) ?? 0) - (usual.get(key) ?? 0));
  const found = greatest(extra);
  if (found === null) return null;
  const key = keyOf(found.place);
  const [takes, took] = [now.get(key) ?? 0, usual.get(key) ?? 0];
  const reason = `${shown(found.place)} takes ${ms(takes)} in the ${slow.length} slow traces and ${ms(took)} in ${reference.length} ${what}: ${found.place.service} explains ${percent(found.share)} of the extra time`;
  return { ...found.place, share: round(found.share), reason };
}

function byShare(visits: readonly Visit[], of: string): Culprit | null {
  const time = new Map<string, number>();
  for (const visit of visits) add(time, visit.blame, 1 / visits.length);
  const found = greatest(time);
  if (found === null) return null;
  const reason = `${found.place.service} takes ${percent(found.share)} of the time, mostly ${shown(found.place)} (${ms(time.get(keyOf(found.place)) ?? 0)} on average), in ${of}`;
  return { ...found.place, share: round(found.share), reason };
}

function byFailures(failed: readonly Visit[]): Culprit | null {
  const places = new Map<string, number>();
  const services = new Map<string, number>();
  for (const visit of failed) {
    for (const place of visit.origins) places.set(keyOf(place), (places.get(keyOf(place)) ?? 0) + 1);
    for (const service of new Set(visit.origins.map((place) => place.service)))
      services.set(service, (services.get(service) ?? 0) + 1);
  }
  const [service, count] = top(services) ?? ['', 0];
  const [key] = top(new Map([...places].filter(([each]) => placeOf(each).service === service))) ?? [];
  if (key === undefined) return null;
  const place = placeOf(key);
  const reason = `${count} of ${failed.length} failed traces fail first in ${service}, mostly in ${shown(place)}`;
  return { ...place, share: round(count / failed.length), reason };
}

/** The service with the greatest sum, and within it the operation with the greatest part; null when nothing is above zero. */
function greatest(amounts: ReadonlyMap<string, number>): { place: Place; share: number } | null {
  const services = new Map<string, number>();
  for (const [key, amount] of amounts) {
    const { service } = placeOf(key);
    services.set(service, (services.get(service) ?? 0) + amount);
  }
  const [service, most] = top(services) ?? ['', 0];
  if (most <= 0) return null;
  let positive = 0;
  for (const amount of services.values()) positive += Math.max(0, amount);
  const [key] = top(new Map([...amounts].filter(([each]) => placeOf(each).service === service))) ?? [];
  return key === undefined ? null : { place: placeOf(key), share: most / positive };
}

/** The greatest entry; of equal ones the first by name. */
function top(amounts: ReadonlyMap<string, number>): [string, number] | null {
  return [...amounts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0] ?? null;
}

function add(sums: Map<string, number>, parts: ReadonlyMap<string, number>, weight: number): void {
  for (const [key, part] of parts) sums.set(key, (sums.get(key) ?? 0) + part * weight);
}

function byOperation(visits: readonly Visit[]): Map<string, Visit[]> {
  const groups = new Map<string, Visit[]>();
  for (const visit of visits) {
    const group = groups.get(visit.operation);
    if (group === undefined) groups.set(visit.operation, [visit]);
    else group.push(visit);
  }
  return groups;
}

function shown(place: Place): string {
  return `${place.service} ${place.operation}`;
}

function ms(us: number): string {
  return `${Math.round(toMs(us))} ms`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
