import type { RunAnswer } from '../../../domain/api/run.js';
import type { Task } from '../../../domain/playbook/playbook.js';
import type { Approval } from '../../../domain/run/run.js';
import { Icon } from '../../kit/icon.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import type { approvals } from '../../words/en/approvals.js';
import { failureWords } from './failure-words.js';

type RiskWords = (typeof approvals)['risk'];

interface RisksProps {
  readonly approval: Approval;
  readonly run: RunAnswer | undefined;
  readonly task: Task | undefined;
  /** False where this version of the playbook is not known any more. */
  readonly isKnown: boolean;
}

/** What happens when it goes wrong, or nobody answers: as the playbook says it. */
export function Risks({ approval, run, task, isKnown }: RisksProps) {
  const own = useWords(approvalsWords);
  const risks = risksOf({ approval, run, task, isKnown }, own.risk);
  return (
    <section className="approval-part">
      <h2>{own.wrong}</h2>
      <ul className="approval-risks">
        {risks.map((risk) => (
          <li key={risk}>
            <Icon name="incident" size={14} /> <span dir="auto">{risk}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function risksOf({ approval, run, task, isKnown }: RisksProps, words: RiskWords): readonly string[] {
  const risks: string[] = [];
  if (run?.mode_by !== undefined) risks.push(words.stricter(run.mode_by));
  if (task !== undefined) risks.push(...ofTask(task, approval, words));
  else if (!isKnown) risks.push(words.unknown);
  risks.push(words.deny, words.no_answer);
  return risks;
}

function ofTask(task: Task, { plan, step_id }: Approval, words: RiskWords): readonly string[] {
  const risks: string[] = failureWords(task.on_failure).map((word) => words[word]);
  if (plan === null) return risks;
  const doubt = task.idempotent === true ? 'retry' : (task.in_doubt ?? 'ask');
  risks.push(words[`doubt_${doubt}`]);
  risks.push(
    task.verify === undefined ? words.verify_alert : words.verify(task.verify.condition, task.verify.within ?? '5m'),
  );
  risks.push(
    task.compensate === false
      ? words.undo_never
      : typeof task.compensate === 'object'
        ? words.undo_own
        : words.undo_kind,
  );
  if (step_id !== task.id) risks.push(words.item);
  return risks;
}
