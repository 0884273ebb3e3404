import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { Incident, Priority } from '../incident/incident.js';
import { Mode } from '../rule/mode.js';
import { Approval } from '../run/run.js';
import { RunItem, RunProgress } from './run.js';
import { DeadLetterAnswer, PauseAnswer, StormNow } from './system.js';

/** What was decided about the alerts of one hour. Each figure is a filter of `GET /api/v1/alerts`. */
export const HourAnswer = z.object({
  at: Instant.describe('When the hour begins'),
  run: z.int(),
  join: z.int(),
  hold: z.int(),
  drop: z.int().describe('No rule took it, it was filtered, or its playbook is off'),
  resolved: z.int().describe('Dropped because it had resolved'),
  duplicate: z.int().describe('Dropped because it repeats another'),
  undecided: z.int(),
});
export type HourAnswer = z.infer<typeof HourAnswer>;

/** What is going on, in one answer. */
export const OverviewAnswer = z.object({
  at: Instant.describe('When this was looked at; a second old at most'),
  since: Instant.describe('When the first of the hours begins'),
  any_alerts: z.boolean().describe('False: no alert is kept'),
  alerts_by_hour: z.array(HourAnswer).describe('Of the last 24 hours and the one that has begun, the oldest first'),
  alerts_complete: z.boolean().describe('False: there are more than were counted by now; asked again, more are'),
  incidents: z.object({
    open: z.int().describe('Not resolved'),
    by_priority: z.partialRecord(Priority, z.int()),
    items: z
      .array(Incident)
      .describe(
        'Those that are not resolved, at most 20: by priority, what nobody has taken first, then the clock that runs out first',
      ),
  }),
  runs: z.object({
    open: z.int().describe('At most 10,000'),
    items: z.array(RunItem.extend({ progress: RunProgress })).describe('The newest under way, at most 20'),
  }),
  approvals: z.object({
    pending: z.int().describe('At most 10,000'),
    items: z.array(Approval).describe('The newest that wait, at most 20'),
  }),
  pause: PauseAnswer,
  storm: StormNow,
  undecided: z.int().describe('At most 10,000'),
  last_refused: DeadLetterAnswer.nullable().describe('Where no alert is kept: the last body that could not be used'),
});
export type OverviewAnswer = z.infer<typeof OverviewAnswer>;

/** How the service itself fares. */
export const SystemAnswer = z.object({
  version: z.string(),
  started_at: Instant.describe('This process'),
  roles: z.array(z.string()).describe('What this process does'),
  default_mode: Mode.describe('Of playbooks that name none'),
  store: z.string().describe('What it stands on'),
  health: z
    .array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() }))
    .describe('The parts that /readyz asks'),
  stuck: z
    .array(z.string())
    .describe(
      'Runs and alerts that this process cannot write: locked in the database from outside, or too much; 20 at most',
    ),
  undecided: z.int().describe('Alerts that wait for their decision; this and the other counts are at most 10,000'),
  bus_lag: z.int().nullable().describe('Alerts that wait in the bus; null: it does not tell'),
  open_runs: z.int(),
  unheld_runs: z.int().describe('Open runs that no worker holds now: they sleep, or wait for a person'),
  outbox_waiting: z.int().describe('Messages to people that are still to be sent'),
  dead_letters: z.int().describe('Of the newest 1,000 those that were not replayed'),
  workers: z
    .array(
      z.object({
        worker_id: z.string(),
        name: z.string(),
        since: Instant,
        lease_until: Instant,
        alive: z.boolean().describe('Its lease lasts'),
        runs_held: z.int(),
      }),
    )
    .describe('Processes that work on runs, or did lately; at most 200'),
});
export type SystemAnswer = z.infer<typeof SystemAnswer>;
