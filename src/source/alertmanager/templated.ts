import type { Foreign } from '../foreign.js';
import { isForeign } from '../foreign.js';

/**
 * A body of a custom `payload`, which is whatever its author made of the alerts, in the shape that Alertmanager itself sends: a bare list of
 * alerts, a single alert, a list that was printed as text. Anything else is answered as it is.
 */
export function unfolded(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.slice(0, 10).some(isNamedByLabel) ? { alerts: payload } : payload;
  if (!isForeign(payload)) return payload;
  if (!('alerts' in payload)) return isNamedByLabel(payload) ? { alerts: [payload] } : payload;
  const alerts = typeof payload['alerts'] === 'string' ? listIn(payload['alerts']) : payload['alerts'];
  if (!Array.isArray(alerts)) return payload;
  // Alertmanager's templates turn every text that looks like a number into one, the version first of all: what Alertmanager itself
  // sends has the text "4", and is held to it.
  if (payload['version'] === 4) return { ...payload, alerts: alerts.map(withTexts) };
  return alerts === payload['alerts'] ? payload : { ...payload, alerts };
}

/** True for an alert that carries its name as a label and nowhere else. */
export function isNamedByLabel(item: unknown): boolean {
  return isForeign(item) && !('alert_name' in item) && isForeign(item['labels']) && 'alertname' in item['labels'];
}

function listIn(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function withTexts(item: unknown): unknown {
  if (!isForeign(item)) return item;
  const changed = ['labels', 'annotations'].flatMap((key) => {
    const texts = item[key];
    return isForeign(texts) && Object.values(texts).some(isScalar) ? [[key, printed(texts)] as const] : [];
  });
  return changed.length === 0 ? item : { ...item, ...Object.fromEntries(changed) };
}

function isScalar(value: unknown): value is number | boolean | null {
  return typeof value === 'number' || typeof value === 'boolean' || value === null;
}

function printed(texts: Foreign): Foreign {
  const entries = Object.entries(texts).map(([name, value]) => [name, isScalar(value) ? String(value ?? '') : value]);
  return Object.fromEntries(entries) as Foreign; // of entries whose keys are texts
}
