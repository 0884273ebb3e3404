import { durationMs } from '../domain/duration.js';
import { needsOf, topologicalOrder, upstreamOf } from '../domain/playbook/graph.js';
import type { Playbook, Task } from '../domain/playbook/playbook.js';
import { DEFAULT_RUN_TIMEOUT_MS, DEFAULT_STEP_TIMEOUT_MS } from '../domain/playbook/playbook.js';
import { PROOF_ID } from '../domain/run/proof.js';

/** A playbook made ready to be worked through. */
export interface Plan {
  readonly playbook: Playbook;
  /** In an order in which nothing comes before what it depends on; authors' order where that leaves a choice. */
  readonly tasks: readonly PlannedTask[];
  readonly byId: ReadonlyMap<string, PlannedTask>;
  readonly timeout_ms: number;
  /** True when an expression of it may ask for `incident`: then that is looked up before steps begin. */
  readonly names_incident: boolean;
}

export interface PlannedTask {
  readonly task: Task;
  /** The canonical kind. */
  readonly kind: string;
  /** What has to end first. */
  readonly needs: readonly string[];
  /** Everything that has to end before it, near and far. */
  readonly upstream: ReadonlySet<string>;
  readonly timeout_ms: number;
  /** A write that does no harm when it is done twice, by its author's word. */
  readonly idempotent: boolean;
  /** For what looks whether it helped: what is looked at, for how long, and how long it has to hold. */
  readonly check?: Check;
  /** For what takes a write back: the task that wrote. */
  readonly undo?: Undo;
}

/** `condition` null: the alert's own condition, at the system that raised it. */
export interface Check {
  readonly condition: string | null;
  readonly within_ms: number;
  readonly hold_ms: number;
}

/** `by_itself`: the executor that wrote takes it back; else what the author names in `compensate`. Null: it is left as it is. */
export interface Undo {
  readonly of: string;
  readonly by_itself: boolean;
}

/** How the alert's own condition is looked at after the last write. */
export interface ProofTimes {
  readonly within_ms: number;
  readonly hold_ms: number;
}

/** The step that takes back what a step wrote; of an item, `task[2]:undo`. */
export function undoIdOf(step_id: string): string {
  return `${step_id}:undo`;
}

/** True for the steps that take others back: what they change is no change of the run's own. */
export function isUndo(step: { readonly task_id: string }): boolean {
  return step.task_id.endsWith(':undo');
}

/** How long a `verify` of its own may take to become true. */
const DEFAULT_WITHIN = '5m';
/** Slack for the question that is under way when the time is over. */
const CHECK_SLACK_MS = 30_000;

/** Prepares a playbook that passed every check: its tasks, what looks whether they helped, and what takes their writes back. */
export function planOf(playbook: Playbook, proof: ProofTimes = { within_ms: 300_000, hold_ms: 30_000 }): Plan {
  const written = withChecks(playbook.tasks);
  const needs = needsOf(written);
  const upstream = upstreamOf(written);
  const tasks = topologicalOrder(written).map((task): PlannedTask => ({
    ...plannedOf(task),
    needs: needs.get(task.id) ?? [],
    upstream: upstream.get(task.id) ?? new Set(),
    ...checkOf(task, playbook),
  }));
  const undo = playbook.tasks.map(undoOf);
  const proven = plannedOf({ id: PROOF_ID, type: 'verify', name: "The alert's own condition" });
  const last: PlannedTask = { ...proven, ...checking({ condition: null, ...proof }) };
  return {
    playbook,
    tasks,
    byId: new Map([...tasks, ...undo, last].map((task) => [task.task.id, task])),
    timeout_ms: playbook.timeout === undefined ? DEFAULT_RUN_TIMEOUT_MS : durationMs(playbook.timeout),
    names_incident: /\{\{.*\bincident\b/s.test(JSON.stringify(playbook.tasks)),
  };
}

function plannedOf(task: Task): PlannedTask {
  const kind = task.type.toLowerCase();
  return {
    task: kind === 'approval' ? withItsTerms(task) : task,
    kind,
    needs: [],
    upstream: new Set(),
    timeout_ms: task.timeout === undefined ? DEFAULT_STEP_TIMEOUT_MS : durationMs(task.timeout),
    idempotent: task.idempotent === true || task.parameters?.['idempotent'] === true,
  };
}

/** A task that is a question itself is not asked about first: who may answer it, and until when, is what its `approval` says. */
function withItsTerms({ approval, ...task }: Task): Task {
  return approval === undefined ? task : { ...task, parameters: { ...approval, ...task.parameters } };
}

const VERIFY = ':verify';

/** The step that looks whether what a step wrote helped. */
export function verifyIdOf(step_id: string): string {
  return `${step_id}${VERIFY}`;
}

/** The tasks with a step behind each that is to be verified; what waits for the task waits for that. */
function withChecks(tasks: readonly Task[]): Task[] {
  const checked = new Set(tasks.filter((task) => task.verify !== undefined).map((task) => task.id));
  if (checked.size === 0) return [...tasks];
  return tasks.flatMap((task): Task[] => {
    const depends_on = task.depends_on?.flatMap((id) => (checked.has(id) ? [id, verifyIdOf(id)] : [id]));
    const own: Task = depends_on === undefined ? task : { ...task, depends_on };
    if (!checked.has(task.id)) return [own];
    const verify: Task = {
      id: verifyIdOf(task.id),
      name: `Did it help: ${task.name ?? task.id}`,
      type: 'verify',
      depends_on: [task.id],
      on_failure: ['abort', 'escalate', 'compensate'],
    };
    return [own, verify];
  });
}

function checkOf(task: Task, playbook: Playbook): Partial<PlannedTask> {
  if (!task.id.endsWith(VERIFY)) return {};
  const of = playbook.tasks.find(({ id }) => verifyIdOf(id) === task.id)?.verify;
  if (!of) return {};
  const within_ms = durationMs(of.within ?? DEFAULT_WITHIN);
  return checking({ condition: of.condition, within_ms, hold_ms: of.hold === undefined ? 0 : durationMs(of.hold) });
}

function checking(check: Check): Pick<PlannedTask, 'check' | 'timeout_ms'> {
  return { check, timeout_ms: check.within_ms + check.hold_ms + CHECK_SLACK_MS };
}

function undoOf(task: Task): PlannedTask {
  const { compensate } = task;
  const other = typeof compensate === 'object' ? compensate : null;
  const { id, timeout, retry, in_doubt } = task;
  const { type, action, parameters } = other ?? task;
  return {
    ...plannedOf({
      id: undoIdOf(id),
      name: `Take back: ${task.name ?? id}`,
      type,
      ...(action === undefined ? {} : { action }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(retry === undefined ? {} : { retry }),
      ...(in_doubt === undefined ? {} : { in_doubt }),
      on_failure: ['continue'],
    }),
    undo: { of: id, by_itself: other === null },
  };
}
