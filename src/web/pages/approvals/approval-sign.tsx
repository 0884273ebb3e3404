import type { Approval } from '../../../domain/run/run.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';

/** The state of a question. An open one waits for people, unlike a step that is pending. */
export function ApprovalSign({ state }: { readonly state: Approval['state'] }) {
  const own = useWords(approvalsWords);
  if (state !== 'pending') return <StateSign value={state} />;
  return (
    <Badge tone="warn" icon="hand">
      {own.waits}
    </Badge>
  );
}
