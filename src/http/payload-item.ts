import type { Alert } from '../domain/alert/alert.js';

/** What is known of a delivery: how many alerts and refused items it had, and the alert's place among the former. */
export interface Delivered {
  readonly alerts: number;
  readonly rejected: number;
  readonly place: number;
}

/** Where an alert stands in its body. */
export interface PayloadItem {
  readonly index: number;
  /** A JSON pointer. */
  readonly path: string;
}

/** Finds an alert in the list of the body that it came in; null where there is no list, or it cannot be told which of its items it is. */
export function itemOf(text: string, alert: Alert, delivered: Delivered): PayloadItem | null {
  for (const { path, items } of listsIn(read(text))) {
    const index = placeIn(items, alert, delivered);
    if (index !== null) return { index, path: `${path}/${index}` };
  }
  return null;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no JSON, or the head of one
  }
}

/** The body itself, or the lists that stand right in it. */
function listsIn(json: unknown): { path: string; items: readonly unknown[] }[] {
  if (Array.isArray(json)) return [{ path: '', items: json }];
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]: [string, unknown]) =>
    Array.isArray(value) ? [{ path: `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, items: value }] : [],
  );
}

function placeIn(items: readonly unknown[], alert: Alert, { alerts, rejected, place }: Delivered): number | null {
  // Where nothing was refused, alerts are in the order of the list. A list of something else does not tell of this alert.
  if (rejected === 0 && items.length === alerts && tellsOf(items[place], alert)) return place;
  const same = items.flatMap((item, index) => (isSame(item, alert) ? [index] : []));
  return same.length === 1 ? (same[0] ?? null) : null;
}

function tellsOf(item: unknown, alert: Alert): boolean {
  if (typeof item !== 'object' || item === null) return false;
  const names = [alert.alert_name, alert.fingerprint, ...Object.values(alert.original ?? {})];
  const text = JSON.stringify(item);
  return names.some((name) => typeof name === 'string' && name !== '' && text.includes(JSON.stringify(name)));
}

/** By the sender's own mark, or by all labels. */
function isSame(item: unknown, alert: Alert): boolean {
  if (typeof item !== 'object' || item === null) return false;
  if ('fingerprint' in item && item.fingerprint === alert.fingerprint) return true;
  if (!('labels' in item) || typeof item.labels !== 'object' || item.labels === null) return false;
  const labels = Object.entries(item.labels);
  return (
    labels.length > 0 &&
    labels.length === Object.keys(alert.labels).length &&
    labels.every(([name, value]) => Object.hasOwn(alert.labels, name) && alert.labels[name] === value)
  );
}
