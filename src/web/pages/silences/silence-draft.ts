import type { Alert } from '../../../domain/alert/alert.js';
import type { SilenceAnswer } from '../../../domain/api/suppression.js';
import { writeMatcher } from '../../kit/matchers.js';
import { fromLocalField, toLocalField } from './local-time.js';

/** How long a silence may last at a press; `until` asks for a day and a time. */
export const SPANS = ['30m', '1h', '2h', '4h', '8h', '1d', '3d', '7d', '30d'] as const;
export type Span = (typeof SPANS)[number];

const MOST_MATCHERS = 20;
const MOST_VALUE = 400;
/** These change from one occurrence to the next, so that a silence of them would hold nothing the next time; and a worse one is news. */
const PASSING = new Set(['event_id', 'severity', '__alert_rule_uid__']);

/** The matchers of a silence for an alert: its name, then its labels as they are. */
export function matchersOf(alert: Pick<Alert, 'alert_name' | 'labels' | 'service_name'>): readonly string[] {
  const { alert_name, labels, service_name } = alert;
  const named: [string, string][] = [['alertname', labels['alertname'] ?? alert_name]];
  const rest = Object.entries(labels).filter(
    ([name, value]) => name !== 'alertname' && !PASSING.has(name) && value !== '' && value.length <= MOST_VALUE,
  );
  if (rest.length === 0 && service_name !== null) named.push(['service_name', service_name]);
  return [...named, ...rest]
    .filter(([, value]) => value.length <= MOST_VALUE)
    .slice(0, MOST_MATCHERS)
    .map(([name, value]) => writeMatcher(name, '=', value));
}

/** What a silence's form begins with. */
export interface SilenceStart {
  readonly matchers?: readonly string[];
  readonly comment?: string;
  /** The silence whose place it takes. */
  readonly replaces?: Pick<SilenceAnswer, 'silence_id' | 'starts_at' | 'ends_at' | 'state'>;
  /** The silence that has ended and is made again. */
  readonly again?: boolean;
}

/** A silence's form as it is filled in. */
export interface SilenceFields {
  readonly matchers: readonly string[];
  readonly span: Span | 'until';
  readonly ends: string;
  readonly isLater: boolean;
  readonly starts: string;
  readonly comment: string;
}

/** What is wrong with a field, as a key of the form's words. */
export interface SilenceProblems {
  readonly matchers?: 'missing';
  readonly ends?: 'time_missing' | 'time_past' | 'time_order';
  readonly starts?: 'time_missing';
  readonly comment?: 'comment_missing';
}

/** What can be told without the service. */
export function problemsOf(fields: SilenceFields, now: number): SilenceProblems {
  const starts = fields.isLater ? fromLocalField(fields.starts) : now;
  const ends = fields.span === 'until' ? fromLocalField(fields.ends) : Number.POSITIVE_INFINITY;
  return {
    ...(fields.matchers.length === 0 ? { matchers: 'missing' as const } : {}),
    ...(starts === null ? { starts: 'time_missing' as const } : {}),
    ...(ends === null
      ? { ends: 'time_missing' as const }
      : ends <= now
        ? { ends: 'time_past' as const }
        : starts !== null && ends <= starts
          ? { ends: 'time_order' as const }
          : {}),
    ...(fields.comment.trim() === '' ? { comment: 'comment_missing' as const } : {}),
  };
}

/** The body of `POST /api/v1/silences` that fields without problems mean. */
export function bodyOf(fields: SilenceFields, replaces: string | null): Readonly<Record<string, unknown>> {
  const starts = fields.isLater ? fromLocalField(fields.starts) : null;
  const ends = fromLocalField(fields.ends);
  return {
    matchers: fields.matchers,
    comment: fields.comment.trim(),
    ...(starts === null ? {} : { starts_at: new Date(starts).toISOString() }),
    ...(fields.span === 'until' && ends !== null
      ? { ends_at: new Date(ends).toISOString() }
      : { duration: fields.span }),
    ...(replaces === null ? {} : { silence_id: replaces }),
  };
}

const H = 3_600_000;

/** The form as it opens. A silence that is changed keeps its times. */
export function startOf(draft: SilenceStart, now: number): SilenceFields {
  const { replaces } = draft;
  const isLater = replaces?.state === 'pending';
  const ends = replaces === undefined ? now + 2 * H : Date.parse(replaces.ends_at);
  const starts = replaces !== undefined && isLater ? Date.parse(replaces.starts_at) : now + H;
  return {
    matchers: draft.matchers ?? [],
    span: replaces === undefined ? '2h' : 'until',
    // To the minute, and never before the old end.
    ends: toLocalField(fromLocalField(toLocalField(ends)) === ends ? ends : ends + 60_000),
    isLater,
    starts: toLocalField(starts),
    comment: draft.comment ?? '',
  };
}
