import { z } from 'zod';
import { Instant } from '../alert/alert.js';
import { Playbook } from '../playbook/playbook.js';
import { isTestFile } from '../playbook-test.js';
import { Rule } from '../rule/rule.js';
import { RunOutcome, RunState } from '../run/run.js';
import { FilterText, Since } from './page.js';

/** A playbook in a list. */
export const PlaybookItem = z.object({
  playbook_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  mode: Playbook.shape.mode.unwrap().nullable().describe('null: the configured default_mode'),
  version: z.string(),
  file: z.string(),
  task_count: z.int(),
});
export type PlaybookItem = z.infer<typeof PlaybookItem>;

/** What is wrong with a file on disk; the last good version of it stays in force. */
export const ProblemAnswer = z.object({ file: z.string(), line: z.int(), column: z.int(), message: z.string() });

/** A playbook as a graph. */
export const PlaybookGraph = z.object({
  nodes: z.array(
    z.object({
      task_id: z.string(),
      name: z.string(),
      kind: z.string(),
      effect: z.enum(['read', 'write', 'notify']).nullable().describe('null: the parameters decide'),
    }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
});
export type PlaybookGraph = z.infer<typeof PlaybookGraph>;

/** One playbook: as it is written, as it was understood, and as a graph. */
export const PlaybookAnswer = PlaybookItem.extend({
  source: z.string().describe('The YAML as it stands in the file'),
  playbook: Playbook,
  graph: PlaybookGraph,
});
export type PlaybookAnswer = z.infer<typeof PlaybookAnswer>;

/** One version that was ever in force. */
export const PlaybookVersionAnswer = z.object({
  playbook_id: z.string(),
  version: z.string(),
  source: z.string(),
  first_seen_at: Instant,
});

/** One version as runs hold it: as it was written, as it was understood, and as a graph. */
export const PlaybookVersionDetail = PlaybookVersionAnswer.extend({ playbook: Playbook, graph: PlaybookGraph });
export type PlaybookVersionDetail = z.infer<typeof PlaybookVersionDetail>;

/** The longest text that is checked. */
const MAX_SOURCE = 512 * 1024;

/** A text that is to be checked as a file of the playbooks folder. */
export const PlaybookCheckRequest = z.strictObject({
  source: z.string().max(MAX_SOURCE),
  file: z
    .string()
    .max(200)
    .regex(/^[\w][\w. -]*\.ya?ml$/i, 'expected a name such as playbook.yaml, without folders')
    .refine((file) => !isTestFile(file), 'expected the name of a playbook or of rules, not of a playbook test')
    .default('playbook.yaml')
    .describe('What it is to be called: rules.yaml is checked as rules'),
});

/** What is wrong with a text, and what was understood of it. */
export const PlaybookCheckAnswer = z.object({
  ok: z.boolean(),
  problems: z.array(ProblemAnswer).describe('At most 200'),
  playbooks: z.array(PlaybookAnswer),
  rules: z.array(Rule).describe('At most 200: those of the text, and those that its trigger_conditions make'),
});
export type PlaybookCheckAnswer = z.infer<typeof PlaybookCheckAnswer>;

export const PlaybookStatsQuery = z.strictObject({
  since: Since.default('30d'),
  playbook_id: FilterText.exactOptional(),
});

/** How the runs of one playbook went; dry runs do not count. */
export const PlaybookStats = z.object({
  playbook_id: z.string(),
  runs: z.int(),
  states: z.partialRecord(RunState, z.int()),
  outcomes: z.partialRecord(RunOutcome, z.int()).describe('Of those that have ended'),
  median_duration_ms: z.int().nullable().describe('From being opened to its end; null where none has ended'),
  last_run: z.object({
    run_id: z.string(),
    state: RunState,
    outcome: RunOutcome.nullable(),
    created_at: Instant,
  }),
});
export type PlaybookStats = z.infer<typeof PlaybookStats>;

/** How the runs of each playbook went that had any. */
export const PlaybookStatsAnswer = z.object({
  since: Instant,
  complete: z.boolean().describe('False: only the newest 10,000 runs were looked at'),
  items: z.array(PlaybookStats),
});
export type PlaybookStatsAnswer = z.infer<typeof PlaybookStatsAnswer>;
