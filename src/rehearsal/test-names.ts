import { didYouMean } from '../domain/nearest.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import { taskOfStep } from '../domain/playbook-test.js';
import type { PlaybookTest } from '../domain/playbook-test.js';
import type { Complaint } from './scripted-cast.js';

/** Names in a test that stand for nothing: a playbook that is not there, steps that no playbook in question has, kinds that nobody knows. */
export function wrongNames(
  test: PlaybookTest,
  playbooks: ReadonlyMap<string, CheckedPlaybook>,
  kinds: Iterable<string>,
): Complaint[] {
  const { playbook } = test;
  if (playbook !== undefined && !playbooks.has(playbook)) {
    const message = `there is no playbook ${playbook}${didYouMean(playbook, playbooks.keys())}`;
    return [{ path: ['playbook'], message }];
  }
  const known = new Set([...playbooks.values()].flatMap((checked) => checked.playbook.tasks.map((task) => task.id)));
  return [...unknownSteps(test, known), ...unknownKinds(test, new Set(kinds))];
}

function unknownSteps(test: PlaybookTest, known: ReadonlySet<string>): Complaint[] {
  const found: Complaint[] = [];
  const look = (step_id: string, path: Complaint['path']): void => {
    const task = taskOfStep(step_id);
    if (task !== null && !known.has(task))
      found.push({ path, message: `there is no task ${task}${didYouMean(task, known)}` });
  };
  for (const key of ['answers', 'approvals', 'confirmations', 'doubts'] as const)
    for (const step_id of Object.keys(test[key])) look(step_id, [key, step_id]);
  for (const step_id of Object.keys(test.expect.steps ?? {})) look(step_id, ['expect', 'steps', step_id]);
  for (const [index, { step }] of (test.expect.writes ?? []).entries())
    if (step !== undefined) look(step, ['expect', 'writes', index, 'step']);
  return found;
}

function unknownKinds(test: PlaybookTest, known: ReadonlySet<string>): Complaint[] {
  return test.kinds.flatMap(({ kind }, index) =>
    known.has(kind.toLowerCase())
      ? []
      : [{ path: ['kinds', index, 'kind'], message: `there is no kind ${kind}${didYouMean(kind, known)}` }],
  );
}
