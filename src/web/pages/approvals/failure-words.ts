import type { Task } from '../../../domain/playbook/playbook.js';

/** What a failure means for the run, of what is worth saying before a yes. */
export type FailureWord = 'abort' | 'continue' | 'skip' | 'compensate' | 'escalate';

// The same words as in domain/playbook/playbook.ts, which brings a schema library along.
const MEANS: Readonly<Record<string, readonly FailureWord[]>> = {
  abort_with_notification: ['abort'],
  continue_with_notification: ['continue'],
  send_notification: ['continue'],
  send_notification_and_escalate: ['continue', 'escalate'],
  abort: ['abort'],
  continue: ['continue'],
  skip: ['skip'],
  compensate: ['compensate'],
  escalate: ['escalate'],
};

/** What `on_failure` stands for, each once; `abort` where it names no other way on. */
export function failureWords(on_failure: Task['on_failure']): readonly FailureWord[] {
  const written = on_failure === undefined ? [] : Array.isArray(on_failure) ? on_failure : [on_failure];
  const words = new Set<FailureWord>();
  for (const one of written) for (const word of MEANS[one] ?? []) words.add(word);
  if (!words.has('continue') && !words.has('skip')) words.add('abort');
  return [...words];
}
