import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { Since } from './page.js';

/** The most alerts that one backtest looks at. */
export const MOST_BACKTESTED = 50_000;

/** A file of another playbooks folder: playbooks, rules.yaml, suppressions.yaml. */
const GivenFile = z.strictObject({
  file: z.string().min(1).max(500).describe('Its name within the folder, with /'),
  text: z.string().max(33_554_432),
});

/** What is to be replayed, and through what. */
export const BacktestRequest = z.strictObject({
  since: Since.describe('An instant, or a duration: that long ago'),
  files: z
    .array(GivenFile)
    .min(1)
    .max(5_000)
    .exactOptional()
    .describe('Playbooks, rules and suppressions to go by; absent: those in force'),
  max_alerts: z
    .int()
    .min(1)
    .max(MOST_BACKTESTED)
    .default(20_000)
    .describe('The newest of them are looked at, where there are more'),
});
export type BacktestRequest = z.infer<typeof BacktestRequest>;

const Count = z.int();

/** How often something was decided then, and how often it would be now. */
const Compared = z.object({ was: Count, now: Count });

const Told = z.object({
  action: z.string(),
  reason: z.string().nullable(),
  rule_id: z.string().nullable(),
  playbook_id: z.string().nullable(),
});

/** What a backtest found. */
export const BacktestResult = z.object({
  since: Instant,
  until: Instant,
  alerts: Count.describe('How many were replayed'),
  truncated: z.boolean().describe('There were more; the oldest were left out'),
  decisions: z.array(Compared.extend({ action: z.string(), reason: z.string().nullable() })),
  runs: z.array(
    Compared.extend({ playbook_id: z.string(), rule_id: z.string().nullable(), service_name: z.string().nullable() }),
  ),
  outcomes: z.array(
    z.object({ playbook_id: z.string(), state: z.string(), outcome: z.string().nullable(), count: Count }),
  ),
  targets: z
    .array(
      z.object({
        kind: z.string(),
        target: z.string(),
        playbook_id: z.string(),
        count: Count,
        recorded_only: z.boolean().describe('It would only have been recorded: a rule or playbook in shadow'),
      }),
    )
    .describe('What would have been written to'),
  depends: z
    .array(
      z.object({
        playbook_id: z.string(),
        step_id: z.string(),
        on: z.array(z.string()).describe('The steps whose answers nobody recorded'),
        count: Count,
      }),
    )
    .describe('Steps that would have been done or not, depending on what would have been found'),
  budgets: z
    .array(z.object({ reason: z.string(), by: z.string().nullable(), count: Count }))
    .describe('Alerts that were held, by what'),
  approvals: Count.describe('Questions to people; a yes was assumed'),
  differences: z
    .array(
      z.object({
        alert_id: z.string(),
        alert_name: z.string(),
        service_name: z.string().nullable(),
        received_at: Instant,
        was: Told,
        now: Told.extend({ explanation: z.string() }),
      }),
    )
    .describe('Alerts that are decided otherwise, the oldest first; at most 200'),
  different: Count,
  newly_run: Count.describe('Alerts that would now start or join a run and did not'),
  no_longer_run: Count.describe('Alerts that started or joined a run and would not'),
});
export type BacktestResult = z.infer<typeof BacktestResult>;
