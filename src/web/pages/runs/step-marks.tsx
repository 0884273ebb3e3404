import { useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { KeyValue } from '../../kit/key-value.js';
import type { Fact } from '../../kit/key-value.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { Countdown, Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { StepAnswers } from './person-waits.js';
import { RetryDialog } from './run-dialogs.js';
import type { GraphNode, RunGraph } from './run-graph.js';
import { isFinal } from './run-live.js';
import { isRetryable } from './retryable.js';
import { StepLinks } from './step-links.js';
import { signValue, waitOf } from './waits.js';

interface StepMarksProps {
  readonly run: RunAnswer;
  readonly graph: RunGraph;
  readonly step_id: string;
  readonly step: Step | undefined;
  readonly node: GraphNode | undefined;
  readonly onOpen: (step_id: string) => void;
}

/** The head of a step: its state, what kind it is, what stands before and behind it, and what can be done. */
export function StepMarks({ run, graph, step_id, step, node, onOpen }: StepMarksProps) {
  const words = useWords();
  const { step: own, view } = useWords(runsWords);
  const effect = step?.effect ?? node?.effect ?? null;
  const facts: Fact[] = [
    { label: own.id, value: <Id id={step_id} what={own.id} /> },
    { label: own.kind, value: <code>{node?.kind ?? step?.kind}</code> },
  ];
  if (effect !== null) facts.push({ label: own.effect, value: words.effect[effect] });
  if (step?.started_at != null)
    facts.push(
      { label: own.began, value: <When at={step.started_at} as="both" /> },
      { label: own.took, value: <Span from={step.started_at} to={step.finished_at} /> },
    );
  if (step?.until != null && step.state === 'waiting')
    facts.push({ label: own.until, value: <Countdown until={step.until} /> });
  return (
    <>
      <div className="row">
        <StateSign value={step === undefined ? 'pending' : signValue(step.state, waitOf(step))} />
        {step?.recorded_only === true && <Badge tone="info">{view.recorded_only}</Badge>}
        {node?.isCritical === true && <Badge tone="busy">{view.critical}</Badge>}
      </div>
      {step !== undefined && <Deeds run={run} step={step} />}
      <KeyValue facts={facts} />
      <StepLinks {...{ run, graph, step_id, step, onOpen }} />
    </>
  );
}

function Deeds({ run, step }: { readonly run: RunAnswer; readonly step: Step }) {
  const { do: words } = useWords(runsWords);
  const may = useMay('operate');
  const [open, setOpen] = useState(false);
  const canRetry = may && isFinal(run.state) && isRetryable(step, run.steps);
  if (!canRetry && waitOf(step) !== 'person') return null;
  return (
    <div className="row">
      <StepAnswers run={run} step={step} />
      {canRetry && (
        <Button icon="retry" onClick={() => setOpen(true)}>
          {words.retry_step}
        </Button>
      )}
      <RetryDialog run={run} step={step} open={open} onClose={() => setOpen(false)} />
    </div>
  );
}
