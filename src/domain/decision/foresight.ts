import { z } from 'zod';
import type { Alert } from '../alert/alert.js';
import { Decision } from './decision.js';

/** What an alert passes on its way to a decision, in this order; those from `join` on for each rule that takes it. */
export const ForeseenStageName = z.enum([
  'intake',
  'metric_query',
  'occurrence',
  'filtered',
  'silence',
  'maintenance_window',
  'inhibition',
  'match',
  'mode',
  'flapping',
  'join',
  'cooldown',
  'group_interval',
  'rate_limit',
  'storm',
]);
export type ForeseenStageName = z.infer<typeof ForeseenStageName>;

/** What one stage would say of an alert, whatever the others say. */
export const ForeseenStage = z.object({
  stage: ForeseenStageName,
  verdict: z
    .enum(['passes', 'changes', 'drops', 'holds', 'joins', 'asks'])
    .describe('`asks`: a run starts, and what it writes needs an approval'),
  rule_id: z.string().nullable().describe('Of what is asked for each rule; else null'),
  by: z.string().nullable(),
  until: z.iso.datetime().nullable().describe('When a hold ends, as far as that is known'),
  explanation: z.string(),
});
export type ForeseenStage = z.infer<typeof ForeseenStage>;

/** The decision that an alert would get now. */
export const ForeseenDecision = Decision.pick({
  action: true,
  reason: true,
  rule_id: true,
  playbook_id: true,
  explanation: true,
  until: true,
  by: true,
}).extend({
  playbook_ids: z.array(z.string()).describe('More than one where a rule says `continue: true`'),
  run_id: z.string().nullable().describe('The run that it would join, or that its occurrence has already'),
});
export type ForeseenDecision = z.infer<typeof ForeseenDecision>;

/** What would become of an alert if it came now. Nothing was written to know it. */
export interface Foresight {
  /** As the intake and the queries for its figure leave it: what rules see. */
  readonly alert: Alert;
  readonly decision: ForeseenDecision;
  readonly stages: readonly ForeseenStage[];
}
