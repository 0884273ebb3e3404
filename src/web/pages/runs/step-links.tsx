import type { RunAnswer } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { useChildRun } from './child-run.js';
import { undoneBy } from './run-graph.js';
import type { RunGraph } from './run-graph.js';

interface StepLinksProps {
  readonly run: RunAnswer;
  readonly graph: RunGraph;
  readonly step_id: string;
  readonly step: Step | undefined;
  readonly onOpen: (step_id: string) => void;
}

/** What a step hangs together with: before, behind, its list, what takes it back, the run that it began. */
export function StepLinks({ run, graph, step_id, step, onOpen }: StepLinksProps) {
  const { step: words } = useWords(runsWords);
  const known = new Map(graph.nodes.map(({ id, state }) => [id, state] as const));
  for (const { step_id: id, state } of run.steps) known.set(id, state);
  const undone = undoneBy(step_id);
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [words.item_of, step !== undefined && step.item_index !== null ? [step.task_id] : []],
    [words.depends_on, graph.needs.get(step_id) ?? []],
    [words.needed_by, graph.edges.filter(({ from }) => from === step_id).map(({ to }) => to)],
    [words.undo_of, undone === null ? [] : [undone]],
    [words.undo, known.has(`${step_id}:undo`) ? [`${step_id}:undo`] : []],
  ];
  return (
    <dl className="step-links">
      {rows
        .filter(([, ids]) => ids.length > 0)
        .map(([label, ids]) => (
          <div key={label} className="fact">
            <dt>{label}</dt>
            <dd>
              {ids.map((id) => (
                <button key={id} type="button" className="step-link" onClick={() => onOpen(id)}>
                  <StateSign value={known.get(id) ?? 'pending'} as="icon" />
                  <span className="truncate">{id}</span>
                </button>
              ))}
            </dd>
          </div>
        ))}
      {step?.kind === 'playbook' && step.attempts.length > 0 && <ChildRun run={run} step={step} />}
    </dl>
  );
}

function ChildRun({ run, step }: { readonly run: RunAnswer; readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  const child = useChildRun(run, step);
  if (child === null) return null;
  return (
    <div className="fact">
      <dt>{words.child}</dt>
      <dd>
        <Link href={path`/runs/${child}`}>{words.to_child}</Link>
      </dd>
    </div>
  );
}
