import { z } from 'zod';
import { DropReason, HoldReason, RuleExplanation } from '../decision.js';
import { AlertDraft } from './alert.js';

/** `{"alert": {…}}`, or the alert by itself. */
export const ExplainRequest = z.preprocess(
  (body) => (typeof body === 'object' && body !== null && 'alert' in body ? body : { alert: body }),
  z.strictObject({ alert: AlertDraft }),
);

/**
 * Why each rule matches an alert or not, what holds it back, and what would come of it. Whether the alert repeats another shows when it
 * arrives.
 */
export const Explanation = z.object({
  items: z
    .array(RuleExplanation)
    .describe('The chosen rules first, then those that match, then the others; at most 1,000'),
  rules: z.int().describe('How many rules there are'),
  decision: z.object({
    action: z.enum(['run', 'hold', 'drop']),
    reason: z.union([HoldReason, DropReason]).nullable(),
    rule_id: z.string().nullable(),
    playbook_id: z.string().nullable(),
    playbook_ids: z.array(z.string()).describe('More than one where a rule says `continue: true`'),
    explanation: z.string(),
    until: z.string().nullable().describe('When a hold ends, as far as that is known'),
    by: z.string().nullable().describe('What holds it'),
  }),
  held_by: z
    .array(
      z.object({
        reason: HoldReason,
        by: z.string(),
        until: z.string().nullable(),
        explanation: z.string(),
      }),
    )
    .describe('Everything that would hold the alert now: silences, maintenance windows, what inhibits it'),
});
export type Explanation = z.infer<typeof Explanation>;
