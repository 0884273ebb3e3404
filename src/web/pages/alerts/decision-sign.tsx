import type { AlertAnswer } from '../../../domain/api/alert.js';
import { StateSign, useSignText } from '../../kit/sign.js';
import { useWords } from '../../words/language.js';

/** What was decided, in a word or two; the reason where nothing was started. */
export function DecisionSign({ decision }: Pick<AlertAnswer, 'decision'>) {
  const words = useWords();
  const text = useSignText();
  if (decision === null) return <StateSign of="action" value="undecided" as="text" />;
  const reasons: Readonly<Record<string, string>> = words.decision_reason;
  const reason = decision.reason === null ? null : (reasons[decision.reason] ?? decision.reason);
  if (reason === null) return <StateSign of="action" value={decision.action} as="text" />;
  return (
    <span className="alerts-decision" title={`${text('action', decision.action)}: ${reason}`}>
      <StateSign of="action" value={decision.action} as="icon" />
      <span className="truncate">{reason}</span>
    </span>
  );
}
