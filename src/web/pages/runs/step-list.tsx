import { useMemo } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { StateSign, Badge } from '../../kit/sign.js';
import { useSaidText } from '../../kit/said.js';
import { Empty } from '../../kit/states.js';
import { Span } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import type { GraphNode, RunGraph } from './run-graph.js';
import { signValue } from './waits.js';
import { useWhy } from './why.js';
import './step-list.css';

interface StepListProps {
  readonly run: RunAnswer;
  readonly graph: RunGraph;
  readonly openStep: string;
  readonly onOpen: (step_id: string) => void;
}

const idOf = (node: GraphNode): string => node.id;

/** Every step with its state and what came of it: says what the graph says, without the drawing. */
export function StepList({ run, graph, openStep, onOpen }: StepListProps) {
  const { steps: words } = useWords(runsWords);
  const summaries = useMemo(() => new Map(run.steps.map(({ step_id, summary }) => [step_id, summary])), [run.steps]);
  const columns = useColumns(summaries);
  return (
    <DataList
      label={words.label}
      items={graph.nodes}
      idOf={idOf}
      onOpen={({ id }) => onOpen(id)}
      columns={columns}
      card={(node) => <Card node={node} summary={summaries.get(node.id) ?? null} />}
      current={openStep === '' ? null : openStep}
      empty={<Empty title={words.empty}>{words.empty_hint}</Empty>}
    />
  );
}

type Summaries = ReadonlyMap<string, string | null>;

function useColumns(summaries: Summaries): readonly Column<GraphNode>[] {
  const { steps: words } = useWords(runsWords);
  return [
    { key: 'step', title: words.step, width: 'minmax(10rem, 1.3fr)', cell: (node) => <Name node={node} /> },
    { key: 'state', title: words.state, width: '8.5rem', cell: (node) => <NodeSign node={node} /> },
    {
      key: 'what',
      title: words.what,
      width: 'minmax(8rem, 1.6fr)',
      cell: (node) => <What node={node} summary={summaries.get(node.id) ?? null} />,
    },
    {
      key: 'took',
      title: words.took,
      width: '5.5rem',
      align: 'end',
      cell: (node) => <Span from={node.started_at} to={node.finished_at} />,
    },
  ];
}

function NodeSign({ node: { state, wait } }: { readonly node: GraphNode }) {
  return <StateSign value={signValue(state, wait)} />;
}

function Name({ node }: { readonly node: GraphNode }) {
  const { view } = useWords(runsWords);
  const name = useSaidText()(node.name);
  return (
    <span className="step-name">
      <span className="truncate" dir="auto" title={name}>
        {name}
      </span>
      {node.isCritical && (
        <span className="step-critical" title={view.critical}>
          <span className="visually-hidden">, {view.critical}</span>
        </span>
      )}
    </span>
  );
}

function What({ node, summary }: { readonly node: GraphNode; readonly summary: string | null }) {
  const { view } = useWords(runsWords);
  const why = useWhy()(node);
  const told = useSaidText()(why ?? summary ?? '');
  const { items } = node;
  return (
    <span className="step-what">
      {items !== null && <Badge>{view.items(items.done, items.total)}</Badge>}
      {node.recorded_only && <Badge tone="info">{view.recorded_only}</Badge>}
      <span className={node.state === 'failed' ? 'truncate step-error' : 'truncate quiet'} dir="auto" title={told}>
        {told}
      </span>
    </span>
  );
}

function Card({ node, summary }: { readonly node: GraphNode; readonly summary: string | null }) {
  return (
    <div className="card">
      <div className="card-top">
        <Name node={node} />
        <NodeSign node={node} />
      </div>
      <div className="card-bottom">
        <What node={node} summary={summary} />
        <Span from={node.started_at} to={node.finished_at} />
      </div>
    </div>
  );
}
