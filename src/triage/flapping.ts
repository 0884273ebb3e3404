import { createHash } from 'node:crypto';
import type { Alert } from '../domain/alert/alert.js';
import { instant } from '../domain/clock.js';
import { formatMs } from '../domain/duration.js';
import type { FlapHistory, Occurrence } from '../domain/triage-store.js';
import type { Hold } from './hold.js';

/** From when on a condition that comes and goes is called flapping, and when it is so no longer. */
export interface FlapPolicy {
  /** More changes than this, between firing and resolved, within `within_ms`. */
  readonly changes: number;
  readonly within_ms: number;
  /** How long it has to stay as it is. */
  readonly quiet_ms: number;
}

/** What is known of a condition's changes when it fires at `at`, with that firing where it is one; null for one that has not come back. */
export function historyOfFiring(before: Occurrence | null, at: string, policy: FlapPolicy): FlapHistory | null {
  if (before === null || before.open || before.resolved_at === null) return before?.history ?? null;
  return withChange(before.history ?? historyOfResolve(before, before.resolved_at, policy), at, policy);
}

/** The same when it resolves. Changes count from when they are heard of: senders' clocks differ. */
export function historyOfResolve(before: Occurrence, at: string, policy: FlapPolicy): FlapHistory {
  const began = { changes: [before.started_at < at ? before.started_at : at], flapping: false };
  return withChange(before.history ?? began, at, policy);
}

/** The history with one more change. What flaps goes on doing so, however slowly, until it has been quiet. */
export function withChange(history: FlapHistory | null, at: string, policy: FlapPolicy): FlapHistory {
  const { changes, flapping } = history ?? { changes: [], flapping: false };
  const last = changes.at(-1);
  if (flapping && last !== undefined && Date.parse(at) - Date.parse(last) >= policy.quiet_ms)
    return { changes: [last, at], flapping: false };
  const from = instant(Date.parse(at) - policy.within_ms);
  const counting = flapping ? changes : changes.filter((earlier) => earlier >= from);
  return flapHistory([...counting, at].slice(-(policy.changes + 1)), policy);
}

/** A history by its changes: they are as many as it takes only while it flaps. */
export function flapHistory(changes: readonly string[], policy: FlapPolicy): FlapHistory {
  return { changes, flapping: changes.length > policy.changes };
}

/** Where the history of a condition is kept whose occurrences have ids of their own; null where the occurrence keeps it. */
export function flapKey(alert: Alert): string | null {
  if (alert.momentary === true || alert.occurrence_id === alert.fingerprint) return null;
  return `flap:${createHash('sha256').update(`${alert.source_system} ${alert.fingerprint}`).digest('base64url')}`;
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
