import type { Alert } from '../domain/alert.js';
import { instant } from '../domain/clock.js';
import { formatMs } from '../domain/duration.js';
import type { FlapHistory, Occurrence } from '../domain/store.js';
import type { Hold } from './hold.js';

/** From when on a condition that comes and goes is called flapping, and when it is so no longer. */
export interface FlapPolicy {
  /** More changes than this, between firing and resolved, within `within_ms`. */
  readonly changes: number;
  readonly within_ms: number;
  /** How long it has to stay as it is. */
  readonly quiet_ms: number;
}

/** What is known of a condition's changes when it fires, with this firing where it is one; null for one that has not come back. */
export function flapHistory(before: Occurrence | null, at: string, policy: FlapPolicy): FlapHistory | null {
  if (before === null || before.open || before.resolved_at === null) return before?.history ?? null;
  const resolved = before.resolved_at < at ? before.resolved_at : at;
  if (before.history) return after(before.history, [resolved, at], policy);
  const began = before.started_at < resolved ? before.started_at : resolved;
  return after(null, [began, resolved, at], policy);
}

function after(history: FlapHistory | null, changes: readonly string[], policy: FlapPolicy): FlapHistory {
  let { changes: known, flapping } = history ?? { changes: [], flapping: false };
  for (const at of changes) {
    const last = known.at(-1);
    // After a quiet time it begins anew: what was before says nothing about now.
    if (last !== undefined && Date.parse(at) - Date.parse(last) >= policy.quiet_ms && flapping)
      [known, flapping] = [[], false];
    const from = instant(Date.parse(at) - policy.within_ms);
    known = [...known.filter((earlier) => earlier >= from), at].slice(-(policy.changes + 2));
    flapping ||= known.length > policy.changes;
  }
  return { changes: known, flapping };
}

/** Why an alert whose condition comes and goes starts nothing: until it has stayed for a while, nobody can tell what would help. */
export function flapHold(
  alert: Alert,
  history: FlapHistory | null,
  policy: FlapPolicy,
  now: string,
): (Hold & { reason: 'flapping' }) | null {
  const last = history?.changes.at(-1);
  if (!history?.flapping || last === undefined) return null;
  const until = instant(Date.parse(last) + policy.quiet_ms);
  if (until <= now) return null;
  const first = history.changes[0] ?? last;
  const explanation =
    `it comes and goes: ${history.changes.length} changes between firing and resolved since ${first} ` +
    `(more than ${policy.changes} within ${formatMs(policy.within_ms)} is flapping); it is decided when it has fired for ` +
    `${formatMs(policy.quiet_ms)} without a change`;
  return { reason: 'flapping', until, by: `fingerprint:${alert.fingerprint}`, explanation };
}
