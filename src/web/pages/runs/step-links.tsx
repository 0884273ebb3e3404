import type { RunAnswer, RunItem } from '../../../domain/api/run.js';
import type { Step } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
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

/** The run that a step began: its output names it once it has ended, until then it is looked for among the run's children. */
function ChildRun({ run, step }: { readonly run: RunAnswer; readonly step: Step }) {
  const { step: words } = useWords(runsWords);
  const told = childOf(step);
  const { data } = useGet<{ readonly items: readonly RunItem[] }>('/api/v1/runs', {
    query: { parent_run_id: run.run_id, limit: 200 },
    enabled: told === null,
    live: true,
  });
  const group = `run:${run.run_id}:${step.step_id}`;
  const child = told ?? data?.items.find(({ group_key }) => group_key === group)?.run_id ?? null;
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

function childOf({ output, evidence }: Step): string | null {
  return textOf(output, 'run_id') ?? textOf(evidence, 'run_id');
}

function textOf(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const found = (value as Readonly<Record<string, unknown>>)[key]; // an object that has this key
  return typeof found === 'string' ? found : null;
}
