import { createHash, hash } from 'node:crypto';
import type { Alert } from '../domain/alert/alert.js';

/** A longer occurrence id is kept by its hash: a key has to fit into an index entry. */
const LONGEST_KEY = 512;

/** What names an occurrence in the store. */
export function occurrenceKey(alert: Alert): string {
  const key = `${alert.source_system} ${alert.occurrence_id}`;
  return key.length <= LONGEST_KEY
    ? key
    : `${alert.source_system.slice(0, 100)} sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Hashes by the labels object of an alert: word-for-word repeats come from one parsed body and share it. */
const hashes = new WeakMap<object, { readonly alert: Alert; readonly hash: string }>();

/** Equal for two alerts exactly when nothing differs but their id and when they were received. */
export function contentHash(alert: Alert): string {
  const known = hashes.get(alert.labels);
  if (known && isSame(known.alert, alert)) return known.hash;
  const content = JSON.stringify({ ...alert, alert_id: undefined, received_at: undefined });
  const hashed = hash('sha1', content, 'base64');
  // What is shared is frozen; of everything else nobody asks again.
  if (Object.isFrozen(alert.labels)) hashes.set(alert.labels, { alert, hash: hashed });
  return hashed;
}

function isSame(a: Alert, b: Alert): boolean {
  if (a === b) return true;
  for (const field in a) {
    const name = field as keyof Alert; // the own keys of an Alert
    if (name !== 'alert_id' && name !== 'received_at' && a[name] !== b[name]) return false;
  }
  return true;
}
