import { useState } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { Button } from '../../kit/button.js';
import { Said } from '../../kit/said.js';
import { StateSign } from '../../kit/sign.js';
import { Span } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { valueText } from './value-text.js';
import { useWhy } from './why.js';

interface StepItemsProps {
  readonly run: RunAnswer;
  readonly step: Step;
  readonly onOpen: (step_id: string) => void;
}

const FIRST = 100;

/** The items of a `foreach`, in their order; each opens. */
export function StepItems({ run, step, onOpen }: StepItemsProps) {
  const words = useWords();
  const { step: own, view } = useWords(runsWords);
  const why = useWhy();
  const [isWhole, setWhole] = useState(false);
  const items = run.steps
    .filter(({ task_id, item_index }) => task_id === step.step_id && item_index !== null)
    .sort((a, b) => (a.item_index ?? 0) - (b.item_index ?? 0));
  const done = items.filter(({ finished_at }) => finished_at !== null).length;
  return (
    <section className="step-part">
      <h3>
        {own.items} <span className="quiet number">{view.items(done, items.length)}</span>
      </h3>
      <ul className="step-items">
        {(isWhole ? items : items.slice(0, FIRST)).map((item) => (
          <li key={item.step_id}>
            <button type="button" className="step-item" onClick={() => onOpen(item.step_id)}>
              <StateSign value={item.state} as="icon" />
              <span className="faint number">[{item.item_index}]</span>
              <span className="truncate" dir="auto">
                {valueText(item.item, 60)}
              </span>
              <span className="truncate quiet" dir="auto">
                <Said text={why(item) ?? item.error ?? item.summary ?? ''} />
              </span>
              <Span from={item.started_at} to={item.finished_at} />
            </button>
          </li>
        ))}
      </ul>
      {!isWhole && items.length > FIRST && (
        <Button size="s" tone="quiet" onClick={() => setWhole(true)}>
          {words.do.all} ({items.length})
        </Button>
      )}
    </section>
  );
}
