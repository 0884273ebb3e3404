import { z } from 'zod';
import { Alert, Instant } from '../alert/alert.js';
import { HoldReason, RuleExplanation } from '../decision/decision.js';
import { ForeseenDecision, ForeseenStage } from '../decision/foresight.js';
import { Rule } from '../rule/rule.js';
import { AlertDraft } from './alert.js';
import { FilterText, PageQuery } from './page.js';

/** `{"alert": {…}}`, or the alert by itself. */
export const ExplainRequest = z.preprocess(
  (body) => (typeof body === 'object' && body !== null && 'alert' in body ? body : { alert: body }),
  z.strictObject({
    alert: AlertDraft.extend({
      occurrence_id: z.string().min(1).max(65_536).exactOptional().describe('Default: the fingerprint'),
    }),
  }),
);

/** What would become of an alert if it came now: its decision, what each stage on the way to it says, and why each rule matches it or not. */
export const Explanation = z.object({
  items: z
    .array(RuleExplanation)
    .describe('The chosen rules first, then those that match, then the others; at most 1,000'),
  rules: z.int().describe('How many rules there are'),
  decision: ForeseenDecision.describe('By the stages that decide real alerts, on what is known at this moment'),
  stages: z
    .array(ForeseenStage)
    .describe('What each stage says by itself, in their order; the first that does not let it pass decides'),
  alert: Alert.describe('What rules see: as the intake and the queries for its figure leave it'),
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
  not_looked_at: z.array(z.string()).describe('What may yet change the decision when such an alert arrives, in words'),
});
export type Explanation = z.infer<typeof Explanation>;

/** The filters of `GET /api/v1/rules`; all must hold. */
export const RuleQuery = PageQuery.extend({
  rule_id: FilterText.exactOptional(),
  playbook_id: FilterText.exactOptional(),
  text: FilterText.exactOptional().describe(
    'Anywhere in its id, its names of alerts and services, its playbook or its description, whatever the case',
  ),
});
export type RuleQuery = z.infer<typeof RuleQuery>;

/** A rule in force, and how often it has taken an alert that began to fire. */
export const RuleItem = Rule.extend({
  place: z.int().describe('Where it stands among all rules in the order in which they are asked, counted from 1'),
  matched: z.int().describe('How often it has taken an alert that began to fire, ever'),
  last_matched_at: Instant.nullable(),
});
export type RuleItem = z.infer<typeof RuleItem>;

/** A set of rules that came into force. */
export const RulesVersionItem = z.object({
  version: z.string().describe('The same rules have the same version'),
  in_force_at: Instant.describe('Since when, until the next one'),
  rule_count: z.int(),
});

/** One set of rules, as it was in force. */
export const RulesVersionAnswer = z.object({ version: z.string(), rules: z.array(Rule) });
