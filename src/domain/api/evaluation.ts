import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { RuleExplanation } from '../decision/decision.js';

/** What every rule says of one alert. */
export const Evaluation = z.object({
  by: z
    .enum(['decision', 'now'])
    .describe('The rules that were in force when the alert was decided, or (where those are not known) those of now'),
  version: z.string().nullable().describe('GET /api/v1/rules/versions/{version}'),
  in_force_at: Instant.nullable(),
  rules: z.int().describe('How many rules there are'),
  items: z.array(RuleExplanation).describe('The chosen rules first, then those that match; at most 1,000'),
});
export type Evaluation = z.infer<typeof Evaluation>;
