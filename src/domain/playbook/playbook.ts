import { z } from 'zod';
import { Duration } from '../duration.js';
import { Mode } from '../rule/mode.js';
import { RuleMatch } from '../rule/rule.js';

export { Mode };

const TASK_ID = /^[a-z_][a-z0-9_]*$/;

/** An expression in `{{ }}`, or text with such expressions in it. */
const Template = z.string().max(8_192);

/** What a failed step means for the rest of the run. The seed's words stand for lists of these. */
export const FailureAction = z.enum(['abort', 'continue', 'skip', 'notify', 'escalate', 'compensate']);
export type FailureAction = z.infer<typeof FailureAction>;

const FAILURE_WORDS: Readonly<Record<string, readonly FailureAction[]>> = {
  abort_with_notification: ['abort', 'notify'],
  continue_with_notification: ['continue', 'notify'],
  send_notification: ['continue', 'notify'],
  send_notification_and_escalate: ['continue', 'notify', 'escalate'],
};

const FailureWord = z.enum([
  'abort_with_notification',
  'continue_with_notification',
  'send_notification',
  'send_notification_and_escalate',
]);

/** `on_failure` as it may be written: one word, or a list of actions. */
export const OnFailure = z.union([
  FailureWord,
  FailureAction,
  z
    .array(z.union([FailureAction, FailureWord]))
    .min(1)
    .max(8),
]);

/** The actions that an `on_failure` stands for, each once; `abort` when neither it, `continue` nor `skip` is named. */
export function failureActions(written: z.infer<typeof OnFailure> | undefined): readonly FailureAction[] {
  const words = written === undefined ? [] : Array.isArray(written) ? written : [written];
  const actions = new Set<FailureAction>();
  for (const word of words) for (const action of FAILURE_WORDS[word] ?? [word as FailureAction]) actions.add(action); // not a seed word, so an action
  if (!actions.has('continue') && !actions.has('skip')) actions.add('abort');
  return [...actions];
}

/** How often a read, or a write that is known not to have begun, is tried; delays double from `initial_delay` with full jitter. */
export const Retry = z.strictObject({
  max_attempts: z.int().min(1).max(20).default(3).describe('How often it is tried in all'),
  initial_delay: Duration.default('1s').describe('How long to wait before the second attempt; doubles from there'),
  max_delay: Duration.default('30s').describe('The longest wait between two attempts'),
});
export type Retry = z.infer<typeof Retry>;

const Parameters = z.record(z.string(), z.unknown());

/** One node of the DAG, as its author writes it. */
export const Task = z.strictObject({
  id: z
    .string()
    .regex(TASK_ID, 'expected letters a-z, digits and _, not beginning with a digit')
    .max(100)
    .describe('What other tasks call it; once in a playbook'),
  name: z.string().max(500).optional().describe('What people call it'),
  description: z.string().max(5_000).optional(),
  type: z.string().min(1).describe("An executor's kind; case does not matter"),
  action: Template.optional().describe('For kinds that take one: api_call'),
  parameters: Parameters.optional().describe('What the kind takes; every text in them may hold expressions'),
  depends_on: z.array(z.string()).max(200).optional().describe('Tasks that have to end before this one begins'),
  conditions: z
    .array(z.union([Template, z.boolean()]))
    .max(50)
    .optional()
    .describe('All must hold; else the step is skipped'),
  run_if: z
    .enum(['success', 'failure', 'always'])
    .optional()
    .describe(
      'success (default): when every dependency succeeded, was skipped, or failed with continue; failure: when one did not; always',
    ),
  output_variable: z
    .string()
    .regex(TASK_ID, 'expected letters a-z, digits and _, not beginning with a digit')
    .max(100)
    .optional()
    .describe('The name under which later expressions find the output'),
  timeout: Duration.optional().describe('Longest time for one attempt; default 60s'),
  retry: Retry.optional().describe('For reads, and for writes that are known not to have begun'),
  idempotent: z.boolean().optional().describe('A write that may safely be repeated'),
  in_doubt: z
    .enum(['ask', 'retry', 'fail'])
    .optional()
    .describe('A write whose outcome nobody can tell: ask a person (default), retry it, or count it as failed'),
  foreach: z
    .union([Template, z.array(z.unknown()).max(1_000)])
    .optional()
    .describe('A list, or an expression for one: the task runs once for each item'),
  max_parallel: z.int().min(1).max(100).optional().describe('How many items of foreach run at the same time'),
  approval: z
    .strictObject({
      approvers: z
        .array(z.string().min(1).max(200))
        .max(50)
        .optional()
        .describe('Names of tokens, or roles; absent: anybody who may approve'),
      quorum: z.int().min(1).max(20).optional().describe('How many different people have to approve; default 1'),
      expires: Duration.optional().describe('No answer by then is a no; default 15m'),
    })
    .optional()
    .describe('People see exactly what is to be done, and it is done only after their yes'),
  verify: z
    .strictObject({
      condition: Template.describe('What has to come true; the reads that it speaks of are made again each time'),
      within: Duration.optional().describe('How long it may take; default 5m'),
      hold: Duration.optional().describe('How long it has to stay true; default 0s'),
    })
    .optional()
    .describe('Looks whether it helped; when not, what the run wrote is taken back and people are told'),
  compensate: z
    .union([
      z.boolean(),
      z.strictObject({ type: z.string(), action: Template.optional(), parameters: Parameters.optional() }),
    ])
    .optional()
    .describe('What takes this write back; kinds that can take back what they did need none; false: it stays'),
  on_success: z
    .union([z.literal('send_notification'), z.array(z.literal('send_notification')).max(1)])
    .optional()
    .describe('send_notification tells people that it succeeded'),
  on_failure: OnFailure.optional().describe('What a failure means for the rest of the run; default abort'),
});
export type Task = z.infer<typeof Task>;

/** What an author writes: what binds it to alerts, and a DAG of tasks. */
export const Playbook = z.strictObject({
  playbook_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected letters, digits, ., _ and -')
    .max(100)
    .describe('Once in the folder'),
  name: z.string().max(500).optional().describe('What people call it'),
  description: z.string().max(5_000).optional(),
  mode: Mode.optional().describe(
    'auto acts, shadow only records what it would write, off does nothing; default: default_mode of the configuration',
  ),
  on_resolved: z
    .enum(['stop_writes', 'continue', 'compensate'])
    .optional()
    .describe('What happens to a run under way when its last firing alert resolves; default stop_writes'),
  timeout: Duration.optional().describe('Longest time for a whole run; default 30m'),
  vars: z
    .record(z.string().regex(TASK_ID, 'expected letters a-z, digits and _, not beginning with a digit'), z.unknown())
    .optional()
    .describe('Constants for expressions: vars.threshold'),
  trigger_conditions: z
    .array(RuleMatch)
    .max(100)
    .optional()
    .describe('Alerts that start it, where rules.yaml does not name it'),
  tasks: z.array(Task).min(1).max(500).describe('The graph, in any order'),
});
export type Playbook = z.infer<typeof Playbook>;

/** Unless a playbook says otherwise. */
export const DEFAULT_RUN_TIMEOUT_MS = 30 * 60_000;
/** Unless a task says otherwise. */
export const DEFAULT_STEP_TIMEOUT_MS = 60_000;

/** A playbook that passed every check, and the fingerprint of its content: runs hold it, versions are told apart by it. */
export interface CheckedPlaybook {
  readonly playbook: Playbook;
  /** Hex SHA-256 of the canonical JSON of the playbook. */
  readonly version: string;
  /** The file it came from, relative to the playbooks folder. */
  readonly file: string;
  /** The YAML as it stands in the file. */
  readonly source: string;
}
