import type { Approval } from '../../../domain/run/run.js';
import { Icon } from '../../kit/icon.js';
import { JsonView } from '../../kit/json-view.js';
import { Said } from '../../kit/said.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { isHashOnly } from './change-text.js';
import { isNothing, valueText } from '../runs/value-text.js';

const SHORT = 60;

/** Exactly what will be done: on what, from what, to what, and with which parameters. */
export function Plan({ approval }: { readonly approval: Approval }) {
  const own = useWords(approvalsWords);
  const { plan, message } = approval;
  return (
    <section className="panel approval-plan">
      <h2>{own.plan}</h2>
      {plan === null ? (
        <>
          <p className="approval-question" dir="auto">
            <Said text={message} />
          </p>
          <p className="quiet">{own.no_plan}</p>
        </>
      ) : (
        <>
          {!plan.what.includes(plan.target) && (
            <p className="approval-target">
              <code dir="auto">{plan.target}</code>
            </p>
          )}
          <Values what={plan.what} from={plan.from} to={plan.to} />
          {message !== '' && (
            <p className="quiet approval-said" dir="auto">
              <Said text={message} />
            </p>
          )}
          <details className="approval-details" open>
            <summary>
              {own.parameters} <code>{plan.kind}</code>
            </summary>
            <JsonView value={plan.parameters} label={own.parameters} />
          </details>
        </>
      )}
    </section>
  );
}

function Values({ what, from, to }: { readonly what: string; readonly from: unknown; readonly to: unknown }) {
  const own = useWords(approvalsWords);
  const isShort = [from, to].every((value) => (JSON.stringify(value) ?? '').length <= SHORT);
  const isNew = from === null || from === undefined;
  if (!isShort || isNew)
    return (
      <>
        <p className="approval-what" dir="auto">
          {what}
        </p>
        {!(isNew && (isNothing(to) || isHashOnly(to))) && (
          <div className={isNew ? 'approval-new' : 'approval-large'}>
            {!isNew && <JsonView value={from} label={own.from} open={4} />}
            {!isNew && <Icon name="chevron" />}
            <JsonView value={to} label={own.to} open={4} />
          </div>
        )}
      </>
    );
  return (
    <p className="approval-values">
      <span dir="auto">{what}</span>
      <span dir="ltr" className="row">
        <span className="visually-hidden">{own.from}: </span>
        <code>{valueText(from)}</code>
        <Icon name="chevron" />
        <span className="visually-hidden">{own.to}: </span>
        <code className="approval-to">{valueText(to)}</code>
      </span>
    </p>
  );
}
