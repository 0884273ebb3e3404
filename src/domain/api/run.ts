import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { RunHeader, RunState, Step, StepState } from '../run/run.js';
import { AlertDraft } from './alert.js';
import { FilterText, PageQuery, Since } from './page.js';

/** How a report or notice fared on one channel. */
const Delivery = z.object({
  outbox_id: z.string(),
  kind: z.enum(['report', 'notify', 'escalate']),
  channel: z.string(),
  target: z.string(),
  state: z.enum(['sent', 'retrying', 'failed']),
  attempts: z.int(),
  error: z.string().nullable(),
  at: Instant,
});

/** A run in a list. */
export const RunItem = RunHeader.extend({ seq: z.int().describe('How many events it is made of') });
export type RunItem = z.infer<typeof RunItem>;

/** How far a run under way has come. */
export const RunProgress = z.object({
  done: z.int().describe('Tasks that have ended, however they did'),
  total: z.int(),
  failed: z.int().describe('Of those that have ended'),
  left_out: z.int().describe('Of those that have ended: skipped or cancelled'),
  now: z
    .array(z.object({ step_id: z.string(), name: z.string(), state: StepState }))
    .describe('Steps under way; at most 5'),
});
export type RunProgress = z.infer<typeof RunProgress>;

/** A run as `GET /api/v1/runs` lists it. */
export const RunListItem = RunItem.extend({
  progress: RunProgress.exactOptional().describe('Where it was asked for, of the first 50 that are not finished'),
});
export type RunListItem = z.infer<typeof RunListItem>;

/** One run with its steps, in the order they began, and with what was sent to people. */
export const RunAnswer = RunItem.extend({
  steps: z.array(Step),
  deliveries: z.array(Delivery),
  incident_id: z.string().nullable().exactOptional().describe('The incident of the alert that began it'),
});
export type RunAnswer = z.infer<typeof RunAnswer>;

/** The filters of `GET /api/v1/runs`; all must hold. */
export const RunQuery = PageQuery.extend({
  state: RunState.exactOptional(),
  playbook_id: FilterText.exactOptional(),
  service_name: FilterText.exactOptional(),
  since: Since.exactOptional(),
  parent_run_id: FilterText.exactOptional().describe('Those that a step of this run began'),
  progress: z.enum(['true', 'false']).default('false').describe('Whether runs under way tell how far they have come'),
});

const Seq = z.coerce
  .number({ error: "expected an event's seq, a whole number" })
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER);

/** Where to begin in a run's events: `last_event_id` for a stream that was cut, `cursor` for the next page. */
export const EventsQuery = z.strictObject({
  last_event_id: Seq.exactOptional().describe('Only events after this `seq`; the header Last-Event-ID says the same'),
  cursor: Seq.exactOptional().describe('`next_cursor` of the page before'),
});

/** One event of a run; every type has fields of its own beside these. */
export const EventAnswer = z.looseObject({ seq: z.int(), run_id: z.string(), type: z.string(), at: Instant });
export type EventAnswer = z.infer<typeof EventAnswer>;

/** How a report is asked for. */
export const ReportQuery = z.strictObject({
  format: z.enum(['json', 'text', 'html']).default('json'),
  language: z.enum(['en', 'zh']).exactOptional(),
});

/** What starts a run by hand. */
export const StartRun = z
  .strictObject({
    alert: AlertDraft.nullable().default(null).describe('What the run is about; the steps read it as `alert`'),
    dry_run: z.boolean().default(false).describe('Writes are recorded, not made'),
  })
  .prefault({});

/** What a person adds in words: one line of text. */
export const Remark = z
  .string()
  .max(1_000)
  .overwrite((text) => text.replace(/\p{Cc}|\p{Cs}/gu, ' '))
  .nullable()
  .default(null);
const StepId = z.string().max(300).nullable().default(null);

/** What somebody knows of a run; an empty body is a yes to "is it solved?". */
export const Confirmation = z
  .strictObject({
    step_id: StepId.describe('Which step, where several wait'),
    solved: z.boolean().nullable().default(null).describe('Whether it is solved'),
    done: z
      .boolean()
      .nullable()
      .default(null)
      .describe('Whether a write in doubt took place; one that did not is done again'),
    comment: Remark,
  })
  .prefault({});

/** What is tried again; an empty body: everything that did not succeed. */
export const Retrial = z.strictObject({ step_id: StepId, reason: Remark }).prefault({});

/** Why somebody pauses or resumes; the body may be missing. */
export const Reason = z.strictObject({ reason: Remark }).prefault({});

/** Why somebody cancels, and whether what the run wrote is taken back; the body may be missing. */
export const Cancellation = z.strictObject({ reason: Remark, compensate: z.boolean().default(false) }).prefault({});
