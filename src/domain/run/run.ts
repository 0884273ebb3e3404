import { z } from 'zod';
import { Alert, Instant } from '../alert/alert.js';
import { Mode } from '../rule/mode.js';

/**
 * The states of a run, and who moves it on:
 * `pending` the scheduler, when the first step starts · `running` the scheduler · `waiting` a person (approval, confirmation, in doubt) ·
 * `paused` a person (resume, cancel) · `succeeded`, `failed`, `cancelled` nobody: these are final.
 */
export const RunState = z.enum(['pending', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled']);
export type RunState = z.infer<typeof RunState>;

/**
 * The states of a step, and who moves it on:
 * `pending` the scheduler, when what it depends on has ended · `running` its attempt · `waiting` a timer (`until` is set) or a person ·
 * `succeeded`, `failed`, `skipped`, `cancelled` nobody, but for a retry that a person asks for.
 */
export const StepState = z.enum(['pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled']);
export type StepState = z.infer<typeof StepState>;

/** What a finished run achieved. `verified`: a condition was checked and holds. `nothing_done`: it wrote nothing. */
export const RunOutcome = z.enum(['verified', 'unverified', 'not_fixed', 'nothing_done', 'handed_over']);
export type RunOutcome = z.infer<typeof RunOutcome>;

const Effect = z.enum(['read', 'write', 'notify']);

/** Why a step was skipped. Only `dependency_failed` and `aborted` are handed on to what depends on it. */
export const SkipReason = z.enum([
  'condition',
  'dependency_failed',
  'aborted',
  'run_if',
  'alert_resolved',
  'playbook_off',
  'denied',
  'cancelled',
]);
export type SkipReason = z.infer<typeof SkipReason>;

/** Why a step waits: only a person ends the reasons of `PERSON_WAITS`. */
export const WaitReason = z.enum(['retry', 'timer', 'approval', 'confirmation', 'in_doubt', 'pause', 'sub_playbook']);
export type WaitReason = z.infer<typeof WaitReason>;
export const PERSON_WAITS: ReadonlySet<WaitReason> = new Set<WaitReason>([
  'approval',
  'confirmation',
  'in_doubt',
  'pause',
  // The run that it began waits for one.
  'sub_playbook',
]);

export const StepChange = z.object({ target: z.string(), what: z.string(), from: z.unknown(), to: z.unknown() });
export type StepChange = z.infer<typeof StepChange>;

const Identity = z
  .string()
  .describe('What tells the target from another one that bears its name later, such as the uid of a Kubernetes object');

export const StepIntent = StepChange.extend({
  idempotency_key: z.string(),
  identity: Identity.exactOptional(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
});

/** One person's answer to an approval. */
const ApprovalAnswer = z.object({
  by: z.string(),
  answer: z.enum(['approve', 'deny']),
  comment: z.string().nullable(),
  at: Instant,
});

/** `withdrawn`: the step ended before anybody decided. No answer until `expires_at` is a no. */
export const ApprovalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn']);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** What people were asked before a step might go on, and what they said. */
export const StepApproval = z.object({
  approval_id: z.string(),
  state: ApprovalState,
  message: z.string(),
  plan: StepChange.extend({ kind: z.string(), parameters: z.unknown(), identity: Identity.exactOptional() })
    .nullable()
    .describe('Exactly what is to be done; null for a question of its own'),
  plan_hash: z.string().describe('Hex SHA-256 of the plan: a plan that has changed since is asked about again'),
  approvers: z.array(z.string()).describe('Names of tokens, or roles; empty: anybody who may approve'),
  quorum: z.int(),
  requested_at: Instant,
  expires_at: Instant,
  answers: z.array(ApprovalAnswer),
});
export type StepApproval = z.infer<typeof StepApproval>;

/** A question to people, with the run that it belongs to. */
export const Approval = StepApproval.extend({
  run_id: z.string(),
  step_id: z.string(),
  playbook_id: z.string(),
  playbook_name: z.string(),
  service_name: z.string().nullable(),
  requested_by: z.string().describe('rule:R002, or who started the run; that person cannot approve it'),
});
export type Approval = z.infer<typeof Approval>;

export const Attempt = z.object({
  attempt: z.int(),
  started_at: Instant,
  finished_at: Instant.nullable(),
  outcome: z.enum(['running', 'succeeded', 'failed', 'waiting', 'asked', 'cancelled', 'in_doubt', 'lost']),
  error: z.string().nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

/** How one `conditions` entry was judged. */
export const ConditionResult = z.object({
  condition: z.string(),
  holds: z.boolean(),
  explanation: z.string(),
  unjudged: z.boolean().exactOptional().describe('True when it could not be judged, and is false for that reason'),
});
export type ConditionResult = z.infer<typeof ConditionResult>;

/** One task of a run, or one item of a `foreach` task (then `step_id` is `task[2]`). */
export const Step = z.object({
  step_id: z.string(),
  task_id: z.string(),
  name: z.string(),
  kind: z.string(),
  item_index: z.int().nullable(),
  item: z.unknown(),
  state: StepState,
  /** Skip or wait reason; null otherwise. */
  reason: z.union([SkipReason, WaitReason]).nullable(),
  /** A sentence for people on why it was skipped, waits or failed. */
  message: z.string().nullable(),
  effect: Effect.nullable(),
  /** True when a write was only recorded (dry run, shadow). */
  recorded_only: z.boolean(),
  attempts: z.array(Attempt),
  parameters: z.unknown(),
  conditions: z.array(ConditionResult),
  intent: StepIntent.nullable(),
  approval: StepApproval.nullable(),
  output: z.unknown(),
  summary: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()).nullable(),
  change: StepChange.nullable(),
  error: z.string().nullable(),
  until: Instant.nullable(),
  started_at: Instant.nullable(),
  finished_at: Instant.nullable(),
});
export type Step = z.infer<typeof Step>;

/** A playbook at work for one or more alerts. Its steps are kept beside it, keyed by `step_id`, in the order they began. */
export const RunHeader = z.object({
  run_id: z.string(),
  playbook_id: z.string(),
  playbook_version: z.string(),
  playbook_name: z.string(),
  rule_id: z.string().nullable(),
  service_name: z.string().nullable(),
  group_key: z.string(),
  mode: Mode,
  mode_by: z.string().exactOptional().describe("What made the mode stricter than the playbook's: a storm, a rule"),
  begin_at: Instant.exactOptional().describe('When it begins, where its rule waits for more alerts (group_wait)'),
  dry_run: z.boolean(),
  requested_by: z.string().describe('rule:R002, who started it by hand, or run:… for a step of another run'),
  parent_run_id: z.string().nullable().describe('The run whose step began it'),
  depth: z.int().describe('How many runs stand above it'),
  state: RunState,
  reason: z
    .string()
    .nullable()
    .describe(
      'Why it is paused, failed or was cancelled; of a run that waits, for what: the reason of the step that does',
    ),
  outcome: RunOutcome.nullable(),
  alert: Alert.nullable().describe('The alert that began it'),
  alert_ids: z.array(z.string()).describe('All alerts that it handles; at most the first 1,000'),
  aborted: z.boolean(),
  compensating: z.string().nullable().describe('Why what it wrote is taken back; null when it is not'),
  cancel_requested: z.boolean(),
  /** Set when the last firing alert of the run resolved. */
  alerts_resolved_at: Instant.nullable(),
  created_at: Instant,
  started_at: Instant.nullable(),
  finished_at: Instant.nullable(),
  /** When somebody asked for what had failed to be tried again; the run's timeout counts from here. */
  retried_at: Instant.nullable(),
});
export type RunHeader = z.infer<typeof RunHeader>;

/** What is known of a run when it begins; the rest it gets in its life. */
export type NewRunHeader = Omit<
  RunHeader,
  | 'state'
  | 'reason'
  | 'outcome'
  | 'alert_ids'
  | 'aborted'
  | 'compensating'
  | 'cancel_requested'
  | 'alerts_resolved_at'
  | 'created_at'
  | 'started_at'
  | 'finished_at'
  | 'retried_at'
>;

export interface Run extends RunHeader {
  /** Why it comes to its end, from when that is certain; null when nothing ends it. While it waits meanwhile, its `reason` says for what. */
  readonly ending: string | null;
  /** How many events it is made of; the next event's number is one more. */
  readonly seq: number;
  readonly steps: Readonly<Record<string, Step>>;
  /** Alerts that joined, for the expression `alerts`; bounded like `alert_ids`. */
  readonly joined: readonly Alert[];
}

/** Everything that can happen to a run. `at` is when; a run's rows can be rebuilt from its events alone. */
export type RunEvent = { readonly at: string } & (
  | {
      readonly type: 'run_opened';
      readonly run: NewRunHeader;
    }
  | { readonly type: 'run_rescued'; readonly worker_id: string; readonly from: string | null }
  | { readonly type: 'alert_joined'; readonly alert: Alert }
  | { readonly type: 'alerts_resolved' }
  | {
      readonly type: 'step_started';
      readonly step_id: string;
      readonly task_id: string;
      readonly name: string;
      readonly kind: string;
      readonly item_index: number | null;
      readonly item: unknown;
      readonly attempt: number;
      readonly effect: 'read' | 'write' | 'notify';
      readonly recorded_only: boolean;
      readonly parameters: unknown;
      readonly conditions: readonly ConditionResult[];
    }
  | {
      readonly type: 'step_expanded';
      readonly step_id: string;
      readonly name: string;
      readonly kind: string;
      readonly items: readonly unknown[];
      readonly conditions: readonly ConditionResult[];
    }
  | { readonly type: 'step_intended'; readonly step_id: string; readonly intent: z.infer<typeof StepIntent> }
  | {
      readonly type: 'step_succeeded';
      readonly step_id: string;
      readonly output: unknown;
      readonly summary: string | null;
      readonly evidence: Record<string, unknown> | null;
      readonly change: StepChange | null;
    }
  | {
      readonly type: 'step_failed';
      readonly step_id: string;
      readonly task_id: string;
      readonly name: string;
      readonly kind: string;
      readonly error: string;
      readonly output: unknown;
      readonly evidence: Record<string, unknown> | null;
      /** What it had changed before it failed. */
      readonly change?: StepChange | null;
      /** True when the write may have taken place all the same. */
      readonly in_doubt?: true;
    }
  | {
      readonly type: 'step_retrying';
      readonly step_id: string;
      readonly error: string;
      readonly until: string;
      /** True when the write may have taken place all the same. */
      readonly in_doubt?: true;
    }
  | {
      readonly type: 'step_waiting';
      readonly step_id: string;
      readonly reason: WaitReason;
      readonly message: string;
      readonly until: string | null;
    }
  | {
      readonly type: 'step_skipped';
      readonly step_id: string;
      readonly name: string;
      readonly kind: string;
      readonly reason: SkipReason;
      readonly message: string;
      readonly conditions: readonly ConditionResult[];
    }
  | { readonly type: 'step_cancelled'; readonly step_id: string; readonly reason: string }
  | {
      readonly type: 'approval_requested';
      readonly step_id: string;
      readonly approval: Omit<StepApproval, 'state' | 'requested_at' | 'answers'>;
    }
  | {
      readonly type: 'approval_answered';
      readonly step_id: string;
      readonly approval_id: string;
      readonly by: string;
      readonly answer: 'approve' | 'deny';
      readonly comment: string | null;
    }
  | { readonly type: 'approval_expired'; readonly step_id: string; readonly approval_id: string }
  | {
      readonly type: 'confirmation_requested';
      readonly step_id: string;
      readonly message: string;
      readonly until: string;
    }
  /** Somebody says whether it is solved. */
  | {
      readonly type: 'confirmed';
      readonly step_id: string;
      readonly by: string;
      readonly solved: boolean;
      readonly comment: string | null;
    }
  /** Somebody says whether a write in doubt took place. One that did not is done again. */
  | {
      readonly type: 'doubt_settled';
      readonly step_id: string;
      readonly by: string;
      readonly done: boolean;
      readonly comment: string | null;
    }
  /** The attempt was under way when its worker died; it can be made again without harm. */
  | { readonly type: 'step_lost'; readonly step_id: string; readonly reason: string }
  | {
      readonly type: 'notice';
      readonly kind: 'notify' | 'escalate';
      readonly step_id: string | null;
      readonly about: 'success' | 'failure' | 'in_doubt' | 'not_fixed' | 'approval' | 'confirmation';
      readonly message: string;
    }
  | { readonly type: 'run_aborted'; readonly reason: string }
  /** What the run wrote is taken back from here on, the last write first. */
  | { readonly type: 'compensation_started'; readonly reason: string }
  | { readonly type: 'run_paused'; readonly by: string; readonly reason: string | null }
  | { readonly type: 'run_resumed'; readonly by: string }
  /** A run that has ended takes up again what failed, was cancelled or was left out for that. */
  | {
      readonly type: 'run_retried';
      readonly by: string;
      readonly reason: string | null;
      readonly steps: readonly string[];
      /** Steps that say nothing about what is done from here on: as if they had never been. */
      readonly forgets?: readonly string[];
      /** Those of `steps` whose writes are in doubt: what became of them comes first. */
      readonly doubts?: readonly string[];
    }
  | {
      readonly type: 'run_cancel_requested';
      readonly by: string;
      readonly reason: string | null;
      /** What the run wrote is to be taken back. */
      readonly compensate?: true;
    }
  | {
      readonly type: 'run_finished';
      readonly state: 'succeeded' | 'failed' | 'cancelled';
      readonly outcome: RunOutcome;
      readonly reason: string | null;
    }
  | { readonly type: 'outcome_changed'; readonly outcome: RunOutcome; readonly reason: string; readonly by: string }
);

/** An event as it is stored and as `GET /runs/{run_id}/events` answers it. */
export type StoredEvent = RunEvent & { readonly seq: number; readonly run_id: string };

const FINAL_RUN: ReadonlySet<RunState> = new Set<RunState>(['succeeded', 'failed', 'cancelled']);
const FINAL_STEP: ReadonlySet<StepState> = new Set<StepState>(['succeeded', 'failed', 'skipped', 'cancelled']);

/** True when nothing can move the run on any more. */
export function isRunFinished(state: RunState): boolean {
  return FINAL_RUN.has(state);
}

export function isStepFinished(state: StepState): boolean {
  return FINAL_STEP.has(state);
}

/** When the time that a run may take began to count. */
export function timeCountsFrom(run: Pick<RunHeader, 'created_at' | 'retried_at' | 'begin_at'>): number {
  return Date.parse(run.retried_at ?? run.begin_at ?? run.created_at);
}

/** False for an attempt that was made before somebody had the run tried again: the step begins anew then. */
export function isSinceRetry(run: Pick<RunHeader, 'retried_at'>, attempt: Pick<Attempt, 'started_at'>): boolean {
  return run.retried_at === null || attempt.started_at >= run.retried_at;
}
