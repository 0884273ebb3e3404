import { useState } from 'react';
import type { PlaybookGraph } from '../../../domain/api/playbook.js';
import type { Playbook } from '../../../domain/playbook/playbook.js';
import { Button } from '../../kit/button.js';
import { JsonView } from '../../kit/json-view.js';
import { KeyValue } from '../../kit/key-value.js';
import { later } from '../../kit/later.js';
import { useMedia } from '../../kit/media.js';
import { text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { TaskDrawer } from './task-drawer.js';
import { TaskTable } from './task-table.js';

// The layout engine comes only where a graph is looked at.
const { Part: Graph, preload } = later(async () => (await import('./graph.js')).Graph);

/** Fetches the drawing ahead of time. */
export function preloadGraph(): void {
  preload();
}

const PARAMS = { task: text() };

interface TasksViewProps {
  readonly playbook: Playbook;
  readonly graph: PlaybookGraph;
}

/** The tasks of a playbook: as a graph, as a table, and each by itself beside the page. */
export function TasksView({ playbook, graph }: TasksViewProps) {
  const words = useWords(playbooksWords);
  const isNarrow = useMedia('(max-width: 720px)');
  const [shown, setShown] = useState(!isNarrow);
  const [{ task: chosen }, change] = useUrlState(PARAMS);
  const open = (task: string): void => change({ task });
  return (
    <div className="stack">
      <section className="panel flush playbook-graph-panel">
        <header className="row spread playbook-graph-head">
          <p className="quiet">{words.graph.hint}</p>
          <Button size="s" tone="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? words.graph.hide : words.graph.show}
          </Button>
        </header>
        {shown && (
          <Graph
            {...{ playbook, graph }}
            onOpen={open}
            meanwhile={<div className="playbook-graph" aria-busy="true" />}
          />
        )}
      </section>
      <TaskTable playbook={playbook} graph={graph} onOpen={open} />
      <Whole playbook={playbook} />
      <TaskDrawer playbook={playbook} graph={graph} task_id={chosen} onClose={() => change({ task: '' })} />
    </div>
  );
}

/** What holds for every run of it. */
function Whole({ playbook }: { readonly playbook: Playbook }) {
  const { one: words } = useWords(playbooksWords);
  const { timeout = '30m', on_resolved = 'stop_writes', vars = {} } = playbook;
  const facts = [
    { label: words.timeout, value: timeout },
    { label: words.on_resolved, value: words.on_resolved_is[on_resolved] },
  ];
  return (
    <section className="panel">
      <KeyValue
        facts={
          Object.keys(vars).length === 0
            ? facts
            : [...facts, { label: words.vars, value: <JsonView value={vars} label={words.vars} open={2} /> }]
        }
      />
    </section>
  );
}
