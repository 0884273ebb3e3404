import { z } from 'zod';
import { Instant } from './alert/alert.js';
import { AlertDraft } from './api/alert.js';
import { Decision } from './decision/decision.js';
import { Duration } from './duration.js';
import { Mode } from './playbook/playbook.js';
import { RunOutcome, RunState, StepState } from './run/run.js';

const Subset = z.record(z.string(), z.unknown());

const ENDINGS = ['output', 'failed', 'times_out', 'in_doubt', 'crashes'] as const;

/** How one attempt of a step ends in a test: exactly one of `output`, `failed`, `times_out`, `in_doubt`, `crashes`. */
export const MockedAnswer = z
  .strictObject({
    output: z
      .unknown()
      .optional()
      .describe('It succeeds with this output; of crashes: what is found when it is looked up'),
    summary: z.string().max(1_000).optional().describe('The line that people read of it'),
    change: z
      .strictObject({
        target: z.string().optional(),
        what: z.string().optional(),
        from: z.unknown().optional(),
        to: z.unknown().optional(),
      })
      .nullable()
      .optional()
      .describe('Of a write: what it changed; null: nothing. Absent: what its parameters say'),
    failed: z
      .string()
      .min(1)
      .max(10_000)
      .optional()
      .describe('It fails for this reason; a write is known not to have begun'),
    retryable: z.boolean().optional().describe('Of failed: trying again may help; default false'),
    times_out: z
      .literal(true)
      .optional()
      .describe('No answer comes until its timeout; a write has taken effect by then'),
    in_doubt: z.string().min(1).max(10_000).optional().describe('Of a write: nobody can tell whether it took place'),
    crashes: z
      .enum(['before_effect', 'after_effect'])
      .optional()
      .describe('Fixpoint is killed under it, before or after it took effect, and started again'),
    lookup: z
      .enum(['done', 'not_done', 'unknown'])
      .optional()
      .describe('Of crashes: what is found when the write is looked up; default: what is true'),
    takes: Duration.optional().describe('How long it takes; default no time'),
  })
  .superRefine((answer, context) => {
    const given = ENDINGS.filter((key) => Object.hasOwn(answer, key));
    // What is found when a write that a crash has interrupted is looked up.
    const named = given.includes('crashes') ? given.filter((key) => key !== 'output') : given;
    if (named.length === 1) return;
    const came = named.length === 0 ? 'none of them' : named.join(' and ');
    context.addIssue({ code: 'custom', message: `expected exactly one of ${ENDINGS.join(', ')}, came ${came}` });
  });
export type MockedAnswer = z.infer<typeof MockedAnswer>;

const Answers = z
  .union([MockedAnswer, z.array(MockedAnswer).min(1).max(100)])
  .describe('One answer for every attempt, or a list: one for each attempt, the last one for all further ones');

const Person = z.strictObject({
  by: z.string().min(1).max(200).optional().describe('Who answers; default: whoever is asked'),
  after: Duration.optional().describe('How long it takes them; default 1m'),
});

const ApprovalWord = z.enum(['approve', 'deny', 'nobody']);
const ConfirmationWord = z.enum(['solved', 'not_solved', 'nobody']);
const DoubtWord = z.enum(['done', 'not_done', 'nobody']);
const ConditionWord = z.enum(['holds', 'over', 'no_data', 'unavailable']);

/** A write that a test expects. */
export const ExpectedWrite = z.strictObject({
  step: z
    .string()
    .max(300)
    .optional()
    .describe('The step that wrote, task[2] for an item, task:undo for what took it back'),
  kind: z.string().max(100).optional(),
  target: z.string().max(8_192).optional(),
  parameters: Subset.optional().describe('Rendered; what is named here must be among them, with this value'),
  recorded_only: z.boolean().optional().describe('true: it was only recorded (shadow)'),
});
export type ExpectedWrite = z.infer<typeof ExpectedWrite>;

/** Something that people are expected to be told; what is named must fit, a text must be contained. */
export const ExpectedNotice = z.strictObject({
  kind: z
    .enum(['notify', 'escalate', 'report', 'message'])
    .optional()
    .describe('message: what a notification step sent'),
  about: z.string().max(100).optional().describe('success, failure, in_doubt, not_fixed, approval, confirmation'),
  step: z.string().max(300).optional(),
  text: z.string().max(10_000).optional().describe('Contained in it'),
});
export type ExpectedNotice = z.infer<typeof ExpectedNotice>;

/** What must have come out in the end; what is not named is not looked at. */
export const Expectation = z.strictObject({
  decision: z
    .strictObject({
      action: Decision.shape.action.optional(),
      reason: z.string().nullable().optional(),
      rule_id: z.string().nullable().optional(),
      playbook_id: z.string().nullable().optional(),
    })
    .optional()
    .describe('What was decided about the alert'),
  state: RunState.optional().describe('Of the run; waiting: it ends up waiting for people'),
  outcome: RunOutcome.nullable().optional(),
  reason: z.string().max(10_000).optional().describe("Contained in the run's reason"),
  steps: z.record(z.string(), StepState).optional().describe('By step id; a step that never came to be is pending'),
  writes: z
    .array(ExpectedWrite)
    .max(1_000)
    .optional()
    .describe('Every write that took effect or may have, in their order, and no other'),
  notices: z.array(ExpectedNotice).max(100).optional().describe('Each must be among what people were told'),
  no_notices: z.array(ExpectedNotice).max(100).optional().describe('None of these may be among it'),
});
export type Expectation = z.infer<typeof Expectation>;

/** One playbook test: an alert, what the world answers, and what has to come out. */
export const PlaybookTest = z
  .strictObject({
    name: z.string().min(1).max(500),
    playbook: z.string().max(100).optional().describe('The playbook to run; absent: the rules of the folder decide'),
    alert: z.strictObject(AlertDraft.shape).optional().describe('A normalized alert; only alert_name is needed'),
    webhook: z
      .strictObject({
        source: z.string().max(100).describe('alertmanager, zabbix, generic …'),
        body: z.unknown(),
      })
      .optional()
      .describe('In place of alert: a webhook as its sender posts it'),
    mode: Mode.optional().describe("Default: the playbook's own, else auto"),
    at: Instant.optional().describe('When the alert comes; default 2026-01-05T10:00:00.000Z'),
    answers: z.record(z.string(), Answers).default({}).describe('By step id: task, task[2], task:undo'),
    kinds: z
      .array(z.strictObject({ kind: z.string().max(100), parameters: Subset.optional(), answer: Answers }))
      .max(200)
      .default([])
      .describe('For steps that answers does not name: by kind, and rendered parameters that must fit'),
    approvals: z
      .record(z.string(), z.union([ApprovalWord, Person.extend({ answer: ApprovalWord })]))
      .default({})
      .describe('By step id: what people say when they are asked'),
    confirmations: z
      .record(z.string(), z.union([ConfirmationWord, Person.extend({ answer: ConfirmationWord })]))
      .default({})
      .describe('By step id: whether it is solved'),
    doubts: z
      .record(z.string(), z.union([DoubtWord, Person.extend({ answer: DoubtWord })]))
      .default({})
      .describe('By step id: what a person says of a write in doubt'),
    condition: z
      .strictObject({ before: ConditionWord.default('holds'), after: ConditionWord.default('over') })
      .optional()
      .describe(
        "What is found of the alert's own condition before and after the first write; absent: nobody can be asked",
      ),
    resolve_at: Duration.optional().describe('The alert resolves that long after it came'),
    repeat_at: Duration.optional().describe('The alert comes once more that long after it came'),
    expect: Expectation,
  })
  .superRefine((test, context) => {
    if ((test.alert === undefined) === (test.webhook === undefined))
      context.addIssue({ code: 'custom', message: 'expected either alert or webhook', path: [] });
  });
export type PlaybookTest = z.infer<typeof PlaybookTest>;

/** A file of playbook tests: `*.test.yaml`. */
export const PlaybookTestFile = z.strictObject({ tests: z.array(PlaybookTest).min(1).max(1_000) });
export type PlaybookTestFile = z.infer<typeof PlaybookTestFile>;

/** True for the names of files that hold playbook tests. */
export function isTestFile(file: string): boolean {
  return /\.test\.ya?ml$/i.test(file);
}

/** The task that a step id speaks of: of `task[2]:undo` it is `task`; null for what no task stands behind. */
export function taskOfStep(step_id: string): string | null {
  const task = step_id.replace(/:(undo|verify)$/, '').replace(/\[\d+\]$/, '');
  return task === 'alert' ? null : task;
}
