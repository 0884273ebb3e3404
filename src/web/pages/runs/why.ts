import { useSaidText } from '../../kit/said.js';
import { useWords } from '../../words/language.js';
import type { StepState } from '../../../domain/run/run.js';

interface Told {
  readonly state: StepState;
  readonly reason: string | null;
  readonly message: string | null;
}

/** Why a step was skipped, waits or failed, in a few words; null where there is nothing to say. */
export function useWhy(): (step: Told) => string | null {
  const { step_reason } = useWords();
  const said = useSaidText();
  const table: Readonly<Record<string, string>> = step_reason;
  return ({ state, reason, message }) => {
    if (state === 'failed') return message;
    if (state !== 'skipped' && state !== 'waiting' && state !== 'cancelled') return null;
    const word = reason === null ? null : Object.hasOwn(table, reason) ? (table[reason] ?? reason) : reason;
    if (word === null) return message;
    if (message === null || message === '') return word;
    // What holds these says itself what it is: another run, a freeze, a system that does not answer.
    const isWhole = reason === 'timer' || reason === 'pause' || reason === 'sub_playbook';
    return isWhole ? said(message) : `${word}: ${said(message)}`;
  };
}
