import type { Playbook, Task } from './playbook.js';
import { failureActions } from './playbook.js';
import type { PathProblem } from './schema-problem.js';

const NOT_YET = 'is not available in this version';

/** Kinds that the language knows and that have no executor yet. */
export const KINDS_NOT_YET: ReadonlySet<string> = new Set([
  'kubernetes_restart',
  'kubernetes_rollback',
  'kubernetes_status',
  'kubernetes_job',
  'ssh_command',
  'playbook',
  'ci_pipeline',
]);

/** Names that expressions will be able to see. */
export const NAMES_NOT_YET: ReadonlySet<string> = new Set(['incident']);

/**
 * What a playbook asks for and this version cannot do, told at load: an approval that is overlooked would be worse than none. Whoever
 * builds one of these deletes its line here, and nowhere else.
 */
const PLAYBOOK_FEATURES: readonly {
  readonly used: (playbook: Playbook) => readonly string[];
  readonly what: string;
}[] = [
  { used: ({ on_resolved }) => (on_resolved === 'compensate' ? ['on_resolved'] : []), what: 'on_resolved: compensate' },
];

interface TaskFeature {
  readonly key: keyof Task;
  readonly isUsed: (task: Task) => boolean;
  readonly what: string;
}

const TASK_FEATURES: readonly TaskFeature[] = [
  { key: 'verify', isUsed: (task) => task.verify !== undefined, what: 'verify' },
  {
    key: 'compensate',
    isUsed: (task) => task.compensate !== undefined && task.compensate !== false,
    what: 'compensate',
  },
  {
    key: 'on_failure',
    isUsed: (task) => failureActions(task.on_failure).includes('compensate'),
    what: 'compensate',
  },
];

/** Keys of a task that it cannot have yet, for what describes the language. */
export const TASK_KEYS_NOT_YET: ReadonlySet<string> = new Set(
  TASK_FEATURES.filter(({ key, what }) => key === what).map(({ key }) => key),
);

/** Every use of a feature that this version lacks. */
export function unavailableFeatures(playbook: Playbook): PathProblem[] {
  const problems: PathProblem[] = [];
  for (const { used, what } of PLAYBOOK_FEATURES)
    for (const key of used(playbook)) problems.push({ path: [key], message: `${what} ${NOT_YET}` });
  for (const [index, task] of playbook.tasks.entries()) {
    for (const { key, isUsed, what } of TASK_FEATURES)
      if (isUsed(task)) problems.push({ path: ['tasks', index, key], message: `${what} ${NOT_YET}` });
  }
  return problems;
}

/** Why a kind of the language has no executor; null when the language does not know it either. */
export function kindNotYet(kind: string): string | null {
  return KINDS_NOT_YET.has(kind) ? `${kind} ${NOT_YET}` : null;
}

/** Why a name cannot be used in expressions yet; null when that is not the reason. */
export function nameNotYet(name: string): string | null {
  return NAMES_NOT_YET.has(name) ? `${name} ${NOT_YET}` : null;
}
