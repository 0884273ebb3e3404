import type { HourAnswer } from '../../../domain/api/overview.js';
import { queryText } from '../../api/client.js';

/** What can become of an alert, from the foot of a bar to its top. */
export const KINDS = ['run', 'join', 'hold', 'drop', 'resolved', 'duplicate', 'undecided'] as const;
export type Kind = (typeof KINDS)[number];

/** All alerts of one hour. */
export function totalOf(hour: HourAnswer): number {
  return KINDS.reduce((sum, kind) => sum + hour[kind], 0);
}

/** How many alerts there were of one kind. */
export function totalOfKind(hours: readonly HourAnswer[], kind: Kind): number {
  return hours.reduce((sum, hour) => sum + hour[kind], 0);
}

/** The least round number that no bar exceeds. */
export function roundTop(most: number): number {
  if (most <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const factor of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8])
    if (factor * power >= most && Number.isInteger(factor * power)) return factor * power;
  return 10 * power;
}

const HOUR_MS = 3_600_000;

/** Where the alerts of an hour (or since an instant) are listed, all or those of one kind. */
export function alertsHref(since: string, until: string | null, kind: Kind | null): string {
  return `/alerts${queryText({ ...filterOf(kind), since, until })}`;
}

/** When the hour that begins then ends. */
export function endOfHour(at: string): string {
  return new Date(Date.parse(at) + HOUR_MS).toISOString();
}

function filterOf(kind: Kind | null): Readonly<Record<string, string>> {
  switch (kind) {
    case 'duplicate':
    case 'resolved':
      return { action: 'drop', reason: kind };
    case 'run':
    case 'join':
    case 'hold':
    case 'drop':
      return { action: kind };
    case 'undecided':
    case null:
      return {};
  }
}
