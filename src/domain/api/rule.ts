import { z } from 'zod';
import { DropReason, RuleExplanation } from '../decision.js';
import { AlertDraft } from './alert.js';

/** `{"alert": {…}}`, or the alert by itself. */
export const ExplainRequest = z.preprocess(
  (body) => (typeof body === 'object' && body !== null && 'alert' in body ? body : { alert: body }),
  z.strictObject({ alert: AlertDraft }),
);

/**
 * Why each rule matches an alert or not, and what would come of it. It looks at rules only: whether the alert repeats another, or
 * something holds it back, shows when it arrives.
 */
export const Explanation = z.object({
  items: z
    .array(RuleExplanation)
    .describe('The chosen rules first, then those that match, then the others; at most 1,000'),
  rules: z.int().describe('How many rules there are'),
  decision: z.object({
    action: z.enum(['run', 'drop']),
    reason: DropReason.nullable(),
    rule_id: z.string().nullable(),
    playbook_id: z.string().nullable(),
    playbook_ids: z.array(z.string()).describe('More than one where a rule says `continue: true`'),
    explanation: z.string(),
  }),
});
export type Explanation = z.infer<typeof Explanation>;
