import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { Duration, parseDuration } from '../duration.js';
import { RunState } from '../run/run.js';
import { FilterText, PageQuery, Since } from './page.js';

/** A kind of task, with the JSON schema of its parameters. */
export const ExecutorAnswer = z.object({
  kind: z.string(),
  title: z.string(),
  effect: z.enum(['read', 'write', 'notify']).nullable().describe('null: the parameters decide'),
  takes_action: z.boolean(),
  output_keys: z.array(z.string()).nullable().describe('null: they depend on the answer'),
  input_schema: z.record(z.string(), z.unknown()),
});
export type ExecutorAnswer = z.infer<typeof ExecutorAnswer>;

/** A body that could not be used, kept with its reason. */
export const DeadLetterAnswer = z.object({
  dead_letter_id: z.string(),
  source: z.string(),
  received_at: Instant,
  reason: z.string(),
  details: z.array(z.object({ path: z.string(), message: z.string() })),
  body: z.string(),
  replayed_at: Instant.nullable(),
});

export const StatsQuery = z.strictObject({ since: Since.default('24h') });

const Rates = z.object({
  alerts: z.int().describe('Alerts that began to fire within a minute'),
  starts: z.int().describe('Runs that started or were to start within a minute'),
});

/** A storm that lasts. */
const StormAnswer = z.object({
  service_name: z.string().nullable().describe('null: all services together'),
  level: z.int(),
  peak: z.int().describe('Its highest level'),
  since: Instant,
  changed_at: Instant.describe('When its level changed the last time'),
  rates: Rates.describe('At which its level changed'),
  calm_since: Instant.nullable().describe('Since when it has been calmer; it falls when that has lasted'),
});

/** A storm that a person has ended, and that does not begin again for a while. */
const StormKeptOff = z.object({
  service_name: z.string().nullable().describe('null: all services together'),
  until: Instant,
  by: z.string(),
  reason: z.string(),
});

/** The storms that there are now. */
export const StormNow = z.object({
  level: z.int().describe('The highest of all: 0 none, 1 writes of new runs need an approval, 2 nothing new starts'),
  storms: z.array(StormAnswer),
  kept_off: z.array(StormKeptOff).describe('Those that people have ended: until then they do not begin again'),
});
export type StormNow = z.infer<typeof StormNow>;

const LEAST_OFF_MS = 60_000;
const MOST_OFF_MS = 86_400_000;

/** What is no duration is refused for that already: a second reason would say less. */
function isTimeOff(ms: number | null): boolean {
  return ms === null || (ms >= LEAST_OFF_MS && ms <= MOST_OFF_MS);
}

/** Ends storms by hand. */
export const EndStorm = z.strictObject({
  service_name: z
    .string()
    .min(1)
    .max(500)
    .nullable()
    .exactOptional()
    .describe('That of one service; null: that of all services together; absent: every storm that there is'),
  for: Duration.refine((text) => isTimeOff(parseDuration(text)), 'expected 1m to 24h')
    .default('15m')
    .describe('How long it does not begin again, however much comes'),
  reason: z.string().trim().min(1, 'expected a reason').max(2_000),
});
export type EndStorm = z.infer<typeof EndStorm>;

/** Counts since an instant. */
export const StatsAnswer = z.object({
  since: Instant,
  alerts: z.array(z.object({ action: z.string(), reason: z.string().nullable(), count: z.int() })),
  runs: z.array(z.object({ state: RunState, outcome: z.string().nullable(), count: z.int() })),
  undecided: z.int().describe('At most 10,000'),
  complete: z
    .boolean()
    .describe('False: only the newest 100,000 alerts, 10,000 deliveries of repeats and 20,000 runs were counted'),
  storm: StormNow.describe('Now, whatever `since` says'),
});

/** The filters of `GET /api/v1/audit`; all must hold. */
export const AuditQuery = PageQuery.extend({
  who: FilterText.exactOptional().describe('Anywhere in the name, whatever the case'),
  what: FilterText.exactOptional().describe('How the deed begins: run.cancel, or incident. for all of incidents'),
  target: FilterText.exactOptional().describe('The id of what it was done to'),
  since: Since.exactOptional(),
});

/** Who did what. */
export const AuditAnswer = z.object({
  audit_id: z.string(),
  at: Instant,
  who: z.string(),
  what: z.string(),
  target: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});

/** The big red button: while `paused`, no new write starts anywhere. */
export const PauseAnswer = z.object({
  paused: z.boolean(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
  at: Instant.nullable(),
});

export const Health = z.object({ status: z.enum(['ok', 'ready']), version: z.string() });
