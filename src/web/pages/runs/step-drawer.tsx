import { useEffect, useRef } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import type { Task } from '../../../domain/playbook/playbook.js';
import { Dialog } from '../../kit/dialog.js';
import { useSaidText } from '../../kit/said.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { RunGraph } from './run-graph.js';
import { StepFacts } from './step-facts.js';
import { StepMarks } from './step-marks.js';
import { PlannedStep } from './planned-step.js';
import './step-drawer.css';

interface StepDrawerProps {
  readonly run: RunAnswer;
  readonly graph: RunGraph;
  readonly tasks: readonly Task[];
  /** Null: nothing is open. */
  readonly step_id: string | null;
  readonly onOpen: (step_id: string) => void;
  readonly onClose: () => void;
}

/** Everything that is known of one step, beside the run. */
export function StepDrawer({ run, graph, tasks, step_id, onOpen, onClose }: StepDrawerProps) {
  const { step: words } = useWords(runsWords);
  const step = step_id === null ? undefined : run.steps.find((one) => one.step_id === step_id);
  const node = step_id === null ? undefined : graph.nodes.find(({ id }) => id === step_id);
  const task = tasks.find(({ id }) => id === (step?.task_id ?? step_id));
  // An address with a step that this run does not have opens nothing.
  const open = step_id !== null && (step !== undefined || node !== undefined);
  const top = useTopOf(step_id);
  const said = useSaidText();
  return (
    <Dialog open={open} onClose={onClose} title={said(titleOf(step) ?? node?.name ?? words.task)} as="drawer">
      <div ref={top} className="step-drawer">
        {step_id !== null && <StepMarks {...{ run, graph, step, node, step_id, onOpen }} />}
        {step === undefined ? <PlannedStep task={task} /> : <StepFacts {...{ run, step, task, onOpen }} />}
      </div>
    </Dialog>
  );
}

function titleOf(step: Step | undefined): string | null {
  if (step === undefined) return null;
  return step.item_index === null ? step.name : `${step.name} [${step.item_index}]`;
}

/** Another step begins at its top. */
function useTopOf(step_id: string | null) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (step_id !== null) ref.current?.parentElement?.scrollTo(0, 0);
  }, [step_id]);
  return ref;
}
