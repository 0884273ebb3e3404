import { z } from 'zod';
import { AlertChanges } from '../alert/alert-change.js';
import { Duration } from '../duration.js';
import { MetricQuery } from '../alert/metric-query.js';
import { Mode } from './mode.js';

/** A string, a list (one of), `any`, or a /regular expression/ (RE2 syntax). Comparison is exact. */
export const NameMatch = z.union([z.string().min(1).max(1_000), z.array(z.string().min(1).max(1_000)).min(1).max(200)]);
export type NameMatch = z.infer<typeof NameMatch>;

const SeverityMatch = z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(10)]);

/** The part of a rule that looks at an alert; a playbook's `trigger_conditions` are a list of these. */
export const RuleMatch = z.strictObject({
  alert_name: NameMatch.optional().describe(
    'A name, a list of names, any, or /a regular expression/ that takes the whole name',
  ),
  service_name: NameMatch.optional().describe('The same for the service'),
  severity: SeverityMatch.optional().describe('critical, warning, info, or any; case does not matter'),
  matchers: z
    .array(z.string().max(4_096))
    .max(50)
    .optional()
    .describe('Alertmanager syntax on labels: env="prod", team=~"pay.*"'),
  condition: z
    .string()
    .max(2_048)
    .optional()
    .describe(
      '{{ a CEL expression }}, or a word that stands for metric_value, an operator and a number with a unit: latency > 500ms',
    ),
});
export type RuleMatch = z.infer<typeof RuleMatch>;

/** How many runs a rule may start for one service within a time. */
export const RateLimit = z.strictObject({
  max_runs: z.int().min(1).max(1_000),
  per: Duration.describe('Within how long'),
});
export type RateLimit = z.infer<typeof RateLimit>;

/** Labels by which alerts are put together; `...` stands for all of them. */
export const GroupBy = z.array(z.string().min(1).max(1_000)).max(50);

/** What binds an alert to a playbook: an entry of rules.yaml. */
export const Rule = z.strictObject({
  rule_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'expected letters, digits, ., _, : and -')
    .max(200)
    .describe('Once in the folder'),
  ...RuleMatch.shape,
  playbook_id: z.string().describe('The playbook that it starts'),
  description: z.string().max(5_000).optional(),
  priority: z.int().min(-1_000_000).max(1_000_000).optional().describe('Higher first; default 0'),
  cooldown: Duration.optional().describe(
    'After a write on the same service by any run; a run that wrote nothing starts none',
  ),
  metric_query: MetricQuery.optional().describe(
    'PromQL that tells metric_value where the alert has none, for an alert that fits but for the condition',
  ),
  set: AlertChanges.optional().describe('Fields and labels that the alert has in the run that this rule starts'),
  rate_limit: RateLimit.optional().describe('How many runs it may start for one service, and within how long'),
  mode: Mode.optional().describe("What its runs may do; of this and the playbook's mode the stricter counts"),
  group_by: GroupBy.optional().describe(
    'Labels whose values make the group that a run is for; default the configuration, then the group of the source',
  ),
  group_wait: Duration.optional().describe('How long after the first alert of a group its run begins; default 0s'),
  group_interval: Duration.optional().describe('How long after the end of its run a group starts no other; default 0s'),
  continue: z.boolean().optional().describe('true: further rules are looked at too'),
  enabled: z.boolean().optional().describe('false: it never matches'),
});
export type Rule = z.infer<typeof Rule>;

/** The content of rules.yaml. */
export const RulesFile = z.strictObject({ rules: z.array(Rule).max(100_000) });
export type RulesFile = z.infer<typeof RulesFile>;
