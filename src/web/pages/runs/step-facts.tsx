import type { ReactNode } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Task } from '../../../domain/playbook/playbook.js';
import type { Step, StepState } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { LinkButton } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { JsonView } from '../../kit/json-view.js';
import { Said } from '../../kit/said.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { Table } from '../../kit/table.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { ChangeView } from './change-view.js';
import { StepItems } from './step-items.js';
import { useWhy } from './why.js';

interface StepFactsProps {
  readonly run: RunAnswer;
  readonly step: Step;
  readonly task: Task | undefined;
  readonly onOpen: (step_id: string) => void;
}

/** What a step did, or why it did not: the sentence first, what it is made of below. */
export function StepFacts({ run, step, task, onOpen }: StepFactsProps) {
  const { step: words } = useWords(runsWords);
  return (
    <>
      <Sentence step={step} />
      {step.kind === 'foreach' && <StepItems run={run} step={step} onOpen={onOpen} />}
      {step.change !== null && (
        <Part title={words.change}>
          <ChangeView change={step.change} />
          {step.recorded_only && <p className="quiet">{words.recorded_only}</p>}
        </Part>
      )}
      {step.intent !== null && <Intent step={step} />}
      {step.approval !== null && <ApprovalPart step={step} />}
      {step.conditions.length > 0 && <Conditions step={step} />}
      {step.item_index !== null && (
        <Part title={words.item}>
          <JsonView value={step.item} label={words.item} />
        </Part>
      )}
      <Json title={words.parameters} value={step.parameters} />
      <Json title={words.output} value={step.output} />
      <Json title={words.evidence} value={step.evidence} />
      {step.attempts.length > 0 && <Attempts step={step} />}
      {task !== undefined && (
        <details className="step-definition">
          <summary>{words.definition}</summary>
          <JsonView value={task} label={words.definition} />
        </details>
      )}
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="step-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Json({ title, value }: { readonly title: string; readonly value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <Part title={title}>
      <JsonView value={value} label={title} />
    </Part>
  );
}

/** The error, the reason, or what came of it. */
function Sentence({ step }: { readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  const why = useWhy()(step);
  const told = step.error ?? why ?? step.message;
  const titles: Partial<Record<StepState, string>> = {
    skipped: words.why_skipped,
    cancelled: words.why_cancelled,
    waiting: words.why_waits,
  };
  const title = step.error !== null ? words.error : (titles[step.state] ?? words.message);
  return (
    <>
      {told !== null && told !== '' && (
        <Part title={title}>
          <p className={step.error === null ? 'step-said' : 'step-said bad'} dir="auto">
            <Said text={told} />
          </p>
        </Part>
      )}
      {step.summary !== null && (
        <Part title={words.summary}>
          <p className="step-said" dir="auto">
            <Said text={step.summary} />
          </p>
        </Part>
      )}
    </>
  );
}

function Intent({ step }: { readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  const { intent } = step;
  if (intent === null) return null;
  const isOpen = step.change === null && step.state !== 'succeeded' && !step.recorded_only;
  return (
    <Part title={words.intent}>
      <ChangeView change={intent} />
      {isOpen && <p className="quiet">{words.intent_open}</p>}
      <p className="step-key quiet">
        {words.key} <Id id={intent.idempotency_key} what={words.key} />
      </p>
      {intent.details !== undefined && <JsonView value={intent.details} label={words.details} open={1} />}
    </Part>
  );
}

function ApprovalPart({ step }: { readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  const { approval } = step;
  if (approval === null) return null;
  return (
    <Part title={words.approval}>
      <div className="row spread">
        <StateSign value={approval.state} />
        <LinkButton size="s" href={path`/approvals/${approval.approval_id}`}>
          {words.to_approval}
        </LinkButton>
      </div>
      <ul className="step-answers">
        {approval.answers.map(({ by, answer, comment, at }) => (
          <li key={by} dir="auto">
            <StateSign value={answer === 'approve' ? 'approved' : 'denied'} as="text" /> <b>{by}</b>{' '}
            {comment !== null && <span>{comment}</span>} <When at={at} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Conditions({ step }: { readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  return (
    <Part title={words.guards}>
      <ul className="step-conditions">
        {step.conditions.map(({ condition, holds, explanation, unjudged }, index) => (
          <li key={index}>
            <Badge
              tone={holds ? 'good' : unjudged === true ? 'warn' : 'calm'}
              icon={holds ? 'check' : unjudged === true ? 'question' : 'cross'}
            >
              {holds ? words.holds : unjudged === true ? words.unjudged : words.fails}
            </Badge>
            <code dir="ltr">{condition}</code>
            <span className="quiet" dir="auto">
              <Said text={explanation} />
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Attempts({ step }: { readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  return (
    <Part title={words.attempts}>
      <Table
        caption={words.attempts}
        head={[words.attempt, words.outcome, words.began, words.took, words.error]}
        numbers={[0]}
        rows={step.attempts.map((attempt, index) => ({
          id: String(index),
          cells: [
            attempt.attempt,
            <StateSign key="o" value={attempt.outcome} as="text" />,
            <When key="w" at={attempt.started_at} as="clock" />,
            <span key="s" className="step-attempt-span">
              <Span from={attempt.started_at} to={attempt.finished_at} />
            </span>,
            <span key="e" className="step-attempt-error" dir="auto">
              <Said text={attempt.error ?? ''} />
            </span>,
          ],
        }))}
      />
    </Part>
  );
}
