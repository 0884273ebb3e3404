import { useSaidText } from '../../kit/said.js';
import { useWords } from '../../words/language.js';
import type { StepState } from '../../../domain/run/run.js';

interface Told {
  readonly state: StepState;
  readonly reason: string | null;
  readonly message: string | null;
}

/**
 * The same where there is room for little: of a condition that does not hold, what it is and what it saw; the step's sign says that it was
 * skipped.
 */
export function useShortWhy(): (step: Told) => string | null {
  const why = useWhy();
  const said = useSaidText();
  return (step) =>
    step.state === 'skipped' && step.reason === 'condition' && step.message !== null
      ? said(step.message).replaceAll(/\{\{ ?| ?\}\}/g, '')
      : why(step);
}

/** What holds or ends these says itself what it is: another run, a freeze, a system that does not answer, the run that was aborted. */
const WHOLE: ReadonlySet<string> = new Set(['timer', 'pause', 'sub_playbook', 'aborted']);

/** Why a step was skipped, waits or failed, in a few words; null where there is nothing to say. */
export function useWhy(): (step: Told) => string | null {
  const { step_reason, because } = useWords();
  const said = useSaidText();
  const table: Readonly<Record<string, string>> = step_reason;
  return ({ state, reason, message }) => {
    if (state === 'failed') return message === null ? null : said(message);
    if (state !== 'skipped' && state !== 'waiting' && state !== 'cancelled') return null;
    const word = reason === null ? null : Object.hasOwn(table, reason) ? (table[reason] ?? reason) : reason;
    if (message === null || message === '') return word;
    if (word === null) return said(message);
    return reason !== null && WHOLE.has(reason) ? said(message) : because(word, said(message));
  };
}
