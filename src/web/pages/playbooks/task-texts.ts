import type { FailureAction, Task } from '../../../domain/playbook/playbook.js';

// The same table as in domain/playbook/playbook.ts, which brings a schema library along; a test holds the two together.
const FAILURE_WORDS: Readonly<Record<string, readonly FailureAction[]>> = {
  abort_with_notification: ['abort', 'notify'],
  continue_with_notification: ['continue', 'notify'],
  send_notification: ['continue', 'notify'],
  send_notification_and_escalate: ['continue', 'notify', 'escalate'],
};
const ACTIONS: readonly FailureAction[] = ['abort', 'continue', 'skip', 'notify', 'escalate', 'compensate'];

/** What a failed task means for the rest of the run: each action once. */
export function failureActionsOf(written: Task['on_failure']): readonly FailureAction[] {
  const words = written === undefined ? [] : Array.isArray(written) ? written : [written];
  const actions = new Set<FailureAction>();
  for (const word of words) {
    const plain = ACTIONS.filter((action) => action === word);
    for (const action of FAILURE_WORDS[word] ?? plain) actions.add(action);
  }
  if (!actions.has('continue') && !actions.has('skip')) actions.add('abort');
  return [...actions];
}

/** An expression without its braces, in one line. */
export function plainExpression(written: string | boolean): string {
  const text = String(written).trim();
  const inside = /^\{\{([\s\S]*)\}\}$/.exec(text)?.[1];
  return (inside === undefined || inside.includes('{{') ? text : inside).replace(/\s+/g, ' ').trim();
}
