import { z } from 'zod';

export const HoldReason = z.enum([
  'silence',
  'inhibition',
  'maintenance_window',
  'cooldown',
  'rate_limit',
  'flapping',
  'storm',
]);
export type HoldReason = z.infer<typeof HoldReason>;

export const DropReason = z.enum(['duplicate', 'resolved', 'no_match', 'filtered', 'playbook_off']);
export type DropReason = z.infer<typeof DropReason>;

/** What Fixpoint decided to do about one alert, why, and by what. The last decision of an alert counts. */
export const Decision = z.object({
  action: z.enum(['run', 'join', 'hold', 'drop']),
  reason: z.union([HoldReason, DropReason]).nullable().describe('Of a hold or a drop; null for run and join'),
  rule_id: z
    .string()
    .nullable()
    .describe(
      'The rule that took it: what starts, or would start now if nothing held it; null where no rule was asked',
    ),
  playbook_id: z.string().nullable().describe('The playbook of that rule'),
  run_id: z.string().nullable(),
  run_ids: z.array(z.string()),
  until: z.iso.datetime().nullable().describe('When a hold ends and the alert is decided again'),
  by: z.string().nullable().describe('What decided: a rule, an occurrence, a silence …'),
  explanation: z.string(),
  decided_at: z.iso.datetime(),
});
export type Decision = z.infer<typeof Decision>;

/** Why one rule matched an alert or did not: one line per condition of the rule. */
export const RuleExplanation = z.object({
  rule_id: z.string(),
  playbook_id: z.string(),
  matched: z.boolean(),
  /** True when this rule would start (or join) a run: it matched and no earlier rule ended the search. */
  chosen: z.boolean(),
  reasons: z.array(z.string()).describe('What did not hold, or what held when it matched'),
});
export type RuleExplanation = z.infer<typeof RuleExplanation>;
