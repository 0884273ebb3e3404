import { fromLocalField, isZone } from './local-time.js';

/** A window's form as it is filled in. */
export interface WindowFields {
  readonly matchers: readonly string[];
  readonly kind: 'once' | 'cron';
  readonly starts: string;
  readonly ends: string;
  readonly cron: string;
  readonly duration: string;
  readonly timezone: string;
  readonly expires: string;
  readonly hold: boolean;
  readonly freeze: boolean;
  readonly comment: string;
}

/** What is wrong with a field, as a key of the words. */
export interface WindowProblems {
  readonly starts?: 'time_missing';
  readonly ends?: 'time_missing' | 'time_past' | 'time_order';
  readonly cron?: 'cron_missing';
  readonly duration?: 'duration_bad';
  readonly timezone?: 'timezone_bad';
  readonly expires?: 'time_past';
  readonly effect?: 'nothing';
  readonly comment?: 'comment_missing';
}

const DURATION = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;

/** What can be told without the service; whether the cron expression is one, it says. */
export function windowProblemsOf(fields: WindowFields, now: number): WindowProblems {
  return {
    ...(fields.kind === 'once' ? problemsOnce(fields, now) : problemsCron(fields, now)),
    ...(fields.hold || fields.freeze ? {} : { effect: 'nothing' as const }),
    ...(fields.comment.trim() === '' ? { comment: 'comment_missing' as const } : {}),
  };
}

function problemsOnce({ starts, ends }: WindowFields, now: number): WindowProblems {
  const from = fromLocalField(starts);
  const to = fromLocalField(ends);
  return {
    ...(from === null ? { starts: 'time_missing' as const } : {}),
    ...(to === null
      ? { ends: 'time_missing' as const }
      : to <= now
        ? { ends: 'time_past' as const }
        : from !== null && to <= from
          ? { ends: 'time_order' as const }
          : {}),
  };
}

function problemsCron({ cron, duration, timezone, expires }: WindowFields, now: number): WindowProblems {
  const last = fromLocalField(expires);
  return {
    ...(cron.trim() === '' ? { cron: 'cron_missing' as const } : {}),
    ...(DURATION.test(duration.trim()) ? {} : { duration: 'duration_bad' as const }),
    ...(isZone(timezone.trim()) ? {} : { timezone: 'timezone_bad' as const }),
    ...(last !== null && last <= now ? { expires: 'time_past' as const } : {}),
  };
}

/** What its next occurrences are asked with; null while its times cannot be meant. */
export function previewBodyOf(fields: WindowFields, now: number): Readonly<Record<string, unknown>> | null {
  const problems = fields.kind === 'once' ? problemsOnce(fields, now) : problemsCron(fields, now);
  if (Object.keys(problems).length > 0) return null;
  // What it does and why says nothing about when.
  const { matchers: _1, comment: _2, ...body } = windowBodyOf({ ...fields, hold: true, freeze: false });
  return body;
}

/** The body of `POST /api/v1/maintenance_windows` that fields without problems mean. */
export function windowBodyOf(fields: WindowFields): Readonly<Record<string, unknown>> {
  const at = (text: string): string => new Date(fromLocalField(text) ?? 0).toISOString();
  const schedule =
    fields.kind === 'once'
      ? { starts_at: at(fields.starts), ends_at: at(fields.ends) }
      : {
          ...{ cron: fields.cron.trim(), duration: fields.duration.trim(), timezone: fields.timezone.trim() },
          ...(fields.expires === '' ? {} : { expires_at: at(fields.expires) }),
        };
  return {
    ...schedule,
    ...(fields.matchers.length === 0 ? {} : { matchers: fields.matchers }),
    ...{ hold: fields.hold, freeze: fields.freeze, comment: fields.comment.trim() },
  };
}
