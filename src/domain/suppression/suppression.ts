import { z } from 'zod';
import type { Alert } from '../alert/alert.js';
import { Instant } from '../alert/alert.js';
import { Duration, parseDuration } from '../duration.js';
import { messageOf } from '../errors.js';
import { matcherHolds, MAX_MATCHER_LENGTH, parseMatcher } from '../alert/label.js';
import type { Labels, MatcherOperator } from '../alert/label.js';
import { problemOfCron, problemOfZone } from './window-schedule.js';
import { TimeInterval } from './time-interval.js';
import { wellFormed } from '../well-formed.js';

/** The most matchers that one silence, window or side of an inhibition rule may have. */
export const MAX_MATCHERS = 50;
/** Who and why, as people read it. */
export const MAX_COMMENT = 5_000;

/** One matcher in Alertmanager's syntax: `env="prod"`, `team=~"pay.*"`. */
export const MatcherText = z
  .string()
  .max(MAX_MATCHER_LENGTH)
  .superRefine((text, context) => {
    try {
      parseMatcher(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  })
  .describe('Alertmanager syntax on labels: env="prod", team=~"pay.*"');

const MatcherTexts = z.array(MatcherText).max(MAX_MATCHERS);

/** Text for the people who will ask; a database can keep it. */
export const Comment = z.string().trim().max(MAX_COMMENT).overwrite(wellFormed);

const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'expected letters, digits, ., _, : and -')
  .max(200);

/** Where something that holds alerts back is written: made by the API, in a file of the playbooks folder, or in the configured Alertmanager. */
export const SuppressionOrigin = z.enum(['api', 'file', 'alertmanager']);
export type SuppressionOrigin = z.infer<typeof SuppressionOrigin>;

/** `pending`: it has not begun. `active`: it is in force. `expired`: it has ended, or somebody ended it. */
export const SilenceState = z.enum(['pending', 'active', 'expired']);
export type SilenceState = z.infer<typeof SilenceState>;

/** Holds back the alerts that all its matchers match, for a while. It is never edited: it ends, and another one takes its place. */
export const Silence = z.object({
  silence_id: z.string(),
  matchers: z.array(z.string()).describe('All of them hold, on labels; a missing label is empty'),
  starts_at: Instant,
  ends_at: Instant,
  created_by: z.string(),
  comment: z.string(),
  created_at: Instant,
  updated_at: Instant,
  ended_by: z.string().nullable().describe('Who ended it before its time'),
  replaces: z.string().nullable().describe('The silence that it took the place of'),
  origin: SuppressionOrigin,
});
export type Silence = z.infer<typeof Silence>;

/** The state of a silence at an instant. */
export function silenceState(
  { starts_at, ends_at }: Pick<Silence, 'starts_at' | 'ends_at'>,
  now: string,
): SilenceState {
  if (ends_at <= now) return 'expired';
  return starts_at > now ? 'pending' : 'active';
}

/** What an inhibition rule says, as Alertmanager's `inhibit_rules` do. */
export const InhibitRuleSpec = z.strictObject({
  source_matchers: MatcherTexts.min(1).describe('The alerts that hold others back while they fire'),
  target_matchers: MatcherTexts.min(1).describe('The alerts that are held back'),
  equal: z
    .array(z.string().min(1).max(1_000))
    .max(MAX_MATCHERS)
    .default([])
    .describe('Labels that have the same value on both sides; missing and empty are the same'),
});
export type InhibitRuleSpec = z.infer<typeof InhibitRuleSpec>;

/** An entry of `inhibit_rules` in suppressions.yaml. */
export const WrittenInhibitRule = InhibitRuleSpec.extend({
  name: Id.optional().describe('What decisions name it by; default inhibit-1, inhibit-2 … by its place'),
  comment: Comment.optional(),
});
export type WrittenInhibitRule = z.infer<typeof WrittenInhibitRule>;

/** Holds targets back while a source fires that has the same values of `equal`. An alert that matches both sides is not held by one that does too. */
export const InhibitRule = z.object({
  inhibit_rule_id: z.string(),
  source_matchers: z.array(z.string()),
  target_matchers: z.array(z.string()),
  equal: z.array(z.string()),
  created_by: z.string(),
  comment: z.string(),
  created_at: Instant.nullable(),
  expires_at: Instant.nullable().describe('When it ends; null: it stays until it is taken away'),
  ended_by: z.string().nullable(),
  origin: SuppressionOrigin,
});
export type InhibitRule = z.infer<typeof InhibitRule>;

const OffsetInstant = z.iso.datetime({ offset: true });
const Cron = z
  .string()
  .max(200)
  .superRefine((text, context) => {
    const problem = problemOfCron(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });
const Zone = z
  .string()
  .max(100)
  .superRefine((text, context) => {
    const problem = problemOfZone(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

/** How long a window that a cron expression begins may last. */
const WindowDuration = Duration.refine((text) => {
  const ms = parseDuration(text) ?? 60_000;
  return ms >= 60_000 && ms <= 31 * 86_400_000;
}, 'expected 1m to 31d');

/** When, and for what; the parts that a window has wherever it is written. */
const WINDOW_KEYS = {
  matchers: MatcherTexts.optional().describe('The alerts that it concerns; none: all'),
  starts_at: OffsetInstant.optional().describe('Once: from then'),
  ends_at: OffsetInstant.optional().describe('Once: until then'),
  cron: Cron.optional().describe('Again and again: when it begins'),
  duration: WindowDuration.optional().describe(
    'With cron: how long it lasts, in hours that pass, whatever the clocks do',
  ),
  timezone: Zone.optional().describe('With cron: an IANA time zone; default UTC'),
  hold: z.boolean().optional().describe('Whether alerts are held meanwhile; default true'),
  freeze: z.boolean().optional().describe('Whether runs begin no write meanwhile; default false'),
  comment: Comment.optional(),
};

/** Where a window's schedule contradicts itself; empty when it is whole. */
export function windowProblems(
  window: {
    readonly [key in 'starts_at' | 'ends_at' | 'cron' | 'duration' | 'timezone']?: string | undefined;
  } & {
    readonly time_intervals?: readonly unknown[] | undefined;
    readonly outside_time_intervals?: readonly unknown[] | undefined;
    readonly hold?: boolean | undefined;
    readonly freeze?: boolean | undefined;
  },
): { readonly path: readonly string[]; readonly message: string }[] {
  const { starts_at, ends_at, cron, duration, timezone, time_intervals, outside_time_intervals } = window;
  const once = starts_at !== undefined || ends_at !== undefined;
  const kinds = [once, cron !== undefined, time_intervals !== undefined, outside_time_intervals !== undefined];
  const problems: { path: string[]; message: string }[] = [];
  if (kinds.filter(Boolean).length !== 1)
    problems.push({
      path: [],
      message:
        'expected one of: starts_at and ends_at; cron and duration; time_intervals; outside_time_intervals' +
        (kinds.some(Boolean) ? ', came more than one' : ', came none'),
    });
  if (once && starts_at === undefined) problems.push({ path: ['starts_at'], message: 'starts_at is missing' });
  if (once && ends_at === undefined) problems.push({ path: ['ends_at'], message: 'ends_at is missing' });
  if (starts_at !== undefined && ends_at !== undefined && Date.parse(ends_at) <= Date.parse(starts_at))
    problems.push({ path: ['ends_at'], message: `expected an instant after starts_at, came ${ends_at}` });
  if (cron !== undefined && duration === undefined)
    problems.push({ path: ['duration'], message: 'duration is missing: expected how long each window lasts' });
  if (cron === undefined && duration !== undefined)
    problems.push({ path: ['duration'], message: 'duration belongs to cron' });
  if (cron === undefined && timezone !== undefined)
    problems.push({ path: ['timezone'], message: 'timezone belongs to cron; a time interval has its location' });
  if (window.hold === false && window.freeze !== true)
    problems.push({ path: ['hold'], message: 'a window that neither holds alerts nor freezes writes does nothing' });
  return problems;
}

function refineWindow(window: Parameters<typeof windowProblems>[0], context: z.RefinementCtx): void {
  for (const { path, message } of windowProblems(window))
    context.addIssue({ code: 'custom', path: [...path], message });
}

const Intervals = z.array(TimeInterval).min(1).max(100);
const IntervalNames = z.array(z.string().min(1).max(200)).min(1).max(100);

/** An entry of `maintenance_windows` in suppressions.yaml; its intervals are named there. */
export const WrittenWindow = z
  .strictObject({
    window_id: Id.describe('Once in the folder'),
    ...WINDOW_KEYS,
    time_intervals: IntervalNames.optional().describe('Names of `time_intervals` of this file: while one of them is'),
    outside_time_intervals: IntervalNames.optional().describe('Names of `time_intervals` of this file: while none is'),
  })
  .superRefine(refineWindow);
export type WrittenWindow = z.infer<typeof WrittenWindow>;

/** What the API takes of a window: its intervals stand in it. */
export const WindowSpec = z.strictObject({
  ...WINDOW_KEYS,
  time_intervals: Intervals.optional(),
  outside_time_intervals: Intervals.optional(),
});
export type WindowSpec = z.infer<typeof WindowSpec>;

/** When a window is: once, by cron, or by Alertmanager's time intervals (`outside`: while none of them is). */
export const WindowSchedule = z.discriminatedUnion('type', [
  z.object({ type: z.literal('once'), starts_at: Instant, ends_at: Instant }),
  z.object({ type: z.literal('cron'), cron: z.string(), duration: Duration, timezone: z.string() }),
  z.object({ type: z.literal('time_intervals'), time_intervals: z.array(TimeInterval), outside: z.boolean() }),
]);
export type WindowSchedule = z.infer<typeof WindowSchedule>;

/** Holds back the alerts that its matchers match while it is, and begins again as its schedule says. With `freeze`, runs begin no write meanwhile. */
export const MaintenanceWindow = z.object({
  window_id: z.string(),
  matchers: z.array(z.string()),
  schedule: WindowSchedule,
  hold: z.boolean(),
  freeze: z.boolean(),
  created_by: z.string(),
  comment: z.string(),
  created_at: Instant.nullable(),
  expires_at: Instant.nullable().describe('After this it begins no more; null: it stays until it is taken away'),
  ended_by: z.string().nullable(),
  origin: SuppressionOrigin,
});
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** The schedule that the keys of a checked window mean. */
export function scheduleOf(
  window: Pick<WindowSpec, 'starts_at' | 'ends_at' | 'cron' | 'duration' | 'timezone'>,
  intervals: readonly TimeInterval[],
  outside: boolean,
): WindowSchedule {
  const { starts_at, ends_at, cron, duration, timezone } = window;
  if (cron !== undefined && duration !== undefined)
    return { type: 'cron', cron, duration, timezone: timezone ?? 'UTC' };
  if (starts_at !== undefined && ends_at !== undefined)
    return { type: 'once', starts_at: utc(starts_at), ends_at: utc(ends_at) };
  return { type: 'time_intervals', time_intervals: [...intervals], outside };
}

/** An instant with any offset as Fixpoint writes it. */
export function utc(instant: string): string {
  return new Date(Date.parse(instant)).toISOString();
}

/** A time interval under the name that windows of the same file use. */
export const NamedTimeInterval = z.strictObject({ name: z.string().min(1).max(200), time_intervals: Intervals });

/** The content of suppressions.yaml. */
export const SuppressionsFile = z.strictObject({
  inhibit_rules: z.array(WrittenInhibitRule).max(1_000).default([]),
  time_intervals: z.array(NamedTimeInterval).max(1_000).default([]),
  maintenance_windows: z.array(WrittenWindow).max(1_000).default([]),
});
export type SuppressionsFile = z.infer<typeof SuppressionsFile>;

/** What stands in files of the playbooks folder. */
export interface FileSuppressions {
  readonly inhibit_rules: readonly InhibitRule[];
  readonly windows: readonly MaintenanceWindow[];
}

/** Nothing at all. */
export const NO_FILE_SUPPRESSIONS: FileSuppressions = { inhibit_rules: [], windows: [] };

/** What the API has made, as the store keeps it. */
export type KeptSuppression =
  | { readonly kind: 'silence'; readonly doc: Silence }
  | { readonly kind: 'maintenance_window'; readonly doc: MaintenanceWindow }
  | { readonly kind: 'inhibit_rule'; readonly doc: InhibitRule };
export type SuppressionKind = KeptSuppression['kind'];

/** A matcher in Alertmanager's syntax, made of its parts. */
export function writeMatcher(name: string, operator: MatcherOperator, value: string): string {
  const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
  return `${/^[A-Za-z_][A-Za-z0-9_.:-]*$/.test(name) ? name : quoted(name)}${operator}${quoted(value)}`;
}

/** True when the matchers would also hold for an alert without any label: they exclude something and name nothing. */
export function matchEverything(matchers: readonly string[]): boolean {
  return matchers.every((text) => {
    try {
      return matcherHolds(parseMatcher(text), {});
    } catch {
      return false; // what is wrong with it is told elsewhere
    }
  });
}

/**
 * The alert with the labels that matchers see: its own, and where they do not say it otherwise, the fields that every alert has by their
 * names, so that a silence of `alertname` or `service_name` holds alerts of systems that have no such label.
 */
export function withFieldLabels(alert: Alert): Alert {
  const { alert_name, severity, service_name, host_ip, source_system } = alert;
  const labels: Labels = {
    alertname: alert_name,
    alert_name,
    severity,
    service_name: service_name ?? '',
    host_ip: host_ip ?? '',
    source_system,
    ...alert.labels,
  };
  return { ...alert, labels };
}
