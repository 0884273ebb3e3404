import type { ParsedAlert } from '../domain/alert/alert.js';
import type { ErrorDetail } from '../domain/errors.js';
import type { ParsedPayload, RejectedItem } from '../domain/source.js';
import type { Remarks } from './remarks.js';
import { complain } from './foreign.js';

/** More alerts in one body are rejected together; Alertmanager's groups and our 5 MiB end far below. */
export const MAX_ALERTS = 10_000;

/** More complaints are not told to the sender; the dead letters hold each item's own. */
const MAX_TOLD = 100;

/** How a source reads its list of alerts. */
export interface ItemReading {
  readonly items: readonly unknown[];
  /** Where the list stands in the payload: `alerts`; '' when it is the payload. */
  readonly at: string;
  /** Reads one item; complaints in `details` reject it, whatever is answered. */
  read(item: unknown, at: string, details: ErrorDetail[]): ParsedAlert | null;
  /** Makes of rejected items a payload that can be posted again when it was mended. */
  wrap(items: readonly unknown[]): unknown;
  readonly remarks: Remarks;
}

/** Reads every item by itself: the valid ones are kept in their order, the others rejected with their places; none valid is unusable. */
export function readItems(reading: ItemReading): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  const { items, at } = reading;
  if (items.length === 0)
    return { unusable: [{ path: at, message: 'expected at least one alert, came an empty list' }] };
  const alerts: ParsedAlert[] = [];
  const rejected: RejectedItem[] = [];
  const count = Math.min(items.length, MAX_ALERTS);
  for (let index = 0; index < count; index++) {
    const details: ErrorDetail[] = [];
    const alert = reading.read(items[index], `${at}[${index}]`, details);
    if (details.length === 0 && alert !== null) alerts.push(alert);
    else rejected.push({ item: reading.wrap([items[index]]), details });
  }
  if (items.length > MAX_ALERTS) {
    const details: ErrorDetail[] = [];
    complain(details, `${at}[${MAX_ALERTS}]`, `expected at most ${MAX_ALERTS} alerts in a body, came ${items.length}`);
    rejected.push({ item: reading.wrap(items.slice(MAX_ALERTS)), details });
  }
  if (alerts.length === 0) return { unusable: rejected.flatMap((item) => item.details).slice(0, MAX_TOLD) };
  return { alerts, rejected, remarks: reading.remarks.list() };
}
