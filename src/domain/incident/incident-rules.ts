import { z } from 'zod';
import type { Severity } from '../alert/alert.js';
import { durationMs, parseDuration } from '../duration.js';
import type { Duration } from '../duration.js';
import { Grade, Priority } from './incident.js';
import type { IncidentBrief } from './incident.js';
import type { PlainNotice } from '../notifier.js';

/** `0` switches a clock or the reopening off. */
const SPAN = 'expected a duration such as 15m or 4h, or 0 for none';
const Span = z.union(
  [z.literal(0), z.string().refine((text) => text === '0' || parseDuration(text) !== null, { error: SPAN })],
  { error: SPAN },
);

/** Milliseconds of a span of the configuration; 0 for none. */
export function spanMs(span: z.infer<typeof Span>): number {
  return span === 0 || span === '0' ? 0 : durationMs(span);
}

/** What one priority means: who is called, and until when. */
function level(response_level: number, acknowledge: Duration, resolve: Duration) {
  return z
    .strictObject({
      response_level: z.int().min(1).max(5).default(response_level).describe('1 (everybody) to 5'),
      acknowledge: Span.default(acknowledge).describe('How soon somebody has to take it; 0: no clock'),
      resolve: Span.default(resolve).describe('How soon it has to be resolved; 0: no clock'),
    })
    .prefault({});
}

function row(high: Priority, medium: Priority, low: Priority) {
  return z
    .strictObject({ high: Priority.default(high), medium: Priority.default(medium), low: Priority.default(low) })
    .prefault({});
}

/** The slice `incidents` of the configuration. */
export const IncidentsConfig = z.strictObject({
  depth: z
    .int()
    .min(0)
    .max(5)
    .default(3)
    .describe('Over how many dependencies two services count as one trouble; 0: every service for itself'),
  reopen_within: Span.default('30m').describe('A new firing so soon after the end opens the same incident again'),
  impact: z
    .strictObject({
      services: z.record(z.string().min(1).max(500), Grade).default({}).describe('What it means when a service fails'),
      high_from: z.int().min(1).max(1_000).default(3).describe('So many services, and the impact is high'),
    })
    .prefault({}),
  urgency: z
    .strictObject({
      critical: Grade.default('high'),
      warning: Grade.default('medium'),
      info: Grade.default('low'),
    })
    .prefault({})
    .describe('By the worst severity of its alerts'),
  matrix: z
    .strictObject({ high: row('P0', 'P1', 'P2'), medium: row('P1', 'P2', 'P3'), low: row('P2', 'P3', 'P4') })
    .prefault({})
    .describe('Impact, then urgency: the priority'),
  priorities: z
    .strictObject({
      P0: level(1, '5m', '1h'),
      P1: level(2, '15m', '4h'),
      P2: level(3, '30m', '8h'),
      P3: level(4, '4h', '3d'),
      P4: level(5, '1d', '7d'),
    })
    .prefault({}),
  warn_at: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.8)
    .describe('The share of a clock after which people are warned that it runs out'),
  notify: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .optional()
    .describe('Channels that hear of incidents that open and of clocks that run out; unset: nobody'),
  notify_wait: z
    .string()
    .refine((text) => (parseDuration(text) ?? Infinity) <= 600_000, 'expected a duration of at most 10m')
    .default('10s')
    .describe('How long a message waits for others to go with it; a new incident is told after one to two of it'),
});
export type IncidentsConfig = z.infer<typeof IncidentsConfig>;

/** What people are told about one incident. */
export interface IncidentNews {
  readonly what: 'opened' | 'acknowledge_warning' | 'acknowledge_breached' | 'resolve_warning' | 'resolve_breached';
  readonly incident: IncidentBrief;
  /** When the clock runs out, or ran out; null for a new incident. */
  readonly by: string | null;
}

/** The configuration made ready. */
export interface IncidentRules {
  readonly config: IncidentsConfig;
  /** The services whose trouble is one with this one's, itself among them. Symmetric. */
  connected(service_name: string): readonly string[];
  /** Puts news into one message; null: nobody is told. */
  readonly compose: ((news: readonly IncidentNews[]) => PlainNotice) | null;
}

/** What impact, urgency and priority follow from. */
export interface Gravity {
  readonly severity: Severity;
  readonly service_names: readonly string[];
}

/** How many services fail, or what is configured for one of them, whichever is worse; without a service it is low. */
export function impactOf({ service_names }: Gravity, { impact }: IncidentsConfig): Grade {
  if (service_names.length === 0) return 'low';
  if (service_names.length >= impact.high_from) return 'high';
  // What is not known of a service must not make it unimportant.
  const grades = service_names.map((name) =>
    Object.hasOwn(impact.services, name) ? impact.services[name] : undefined,
  );
  const [worst] = Grade.options.filter((grade) => grades.some((given) => (given ?? 'medium') === grade));
  return worst ?? 'medium';
}

/** The priority of an impact and an urgency. */
export function priorityOf(impact: Grade, urgency: Grade, { matrix }: IncidentsConfig): Priority {
  return matrix[impact][urgency];
}
