import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PlaybookGraph } from '../../../domain/api/playbook.js';
import type { Playbook, Task } from '../../../domain/playbook/playbook.js';
import { Button, IconButton } from '../../kit/button.js';
import { Icon } from '../../kit/icon.js';
import type { IconName } from '../../kit/icon.js';
import { useMedia } from '../../kit/media.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { NODE_HEIGHT, NODE_WIDTH, layOut } from './graph-layout.js';
import './graph.css';

interface GraphProps {
  readonly playbook: Playbook;
  readonly graph: PlaybookGraph;
  readonly onOpen: (task_id: string) => void;
}

const LEAST = 0.25;
const MOST = 1.5;
const STEP = 1.25;
/** Smaller than this nobody reads it: it scrolls instead. */
const READABLE = 0.62;

/** A playbook's tasks and what waits for what. It stands still: it is looked at, scrolled, and its tasks are pressed. */
export function Graph({ playbook, graph, onOpen }: GraphProps) {
  const { graph: words } = useWords(playbooksWords);
  const isNarrow = useMedia('(max-width: 720px)');
  const placed = useMemo(() => layOut(graph, isNarrow ? 'TB' : 'LR'), [graph, isNarrow]);
  const tasks = useMemo(() => new Map(playbook.tasks.map((task) => [task.id, task])), [playbook]);
  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.task_id, node])), [graph]);
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const room = useRoom(box);
  const fitting = Math.min(1, room / placed.width);
  const scale = chosen ?? Math.max(fitting, READABLE);
  const zoom = (by: number): void => setChosen(Math.min(MOST, Math.max(LEAST, scale * by)));
  return (
    <div className="playbook-graph-frame">
      <div className="playbook-graph" ref={box} tabIndex={0} role="group" aria-label={words.label}>
        <div className="plan-room" style={{ width: placed.width * scale, height: placed.height * scale }}>
          <div
            className="plan-paper"
            style={{ width: placed.width, height: placed.height, transform: `scale(${scale})` }}
          >
            <svg width={placed.width} height={placed.height} aria-hidden="true">
              <defs>
                <marker id="graph-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                  <path d="M0,0.8 L7,4 L0,7.2 z" />
                </marker>
              </defs>
              {placed.lines.map(({ from, to, path }) => (
                <path key={`${from} ${to}`} className="plan-line" d={path} markerEnd="url(#graph-tip)" />
              ))}
            </svg>
            {placed.nodes.map(({ task_id, x, y }) => (
              <button
                key={task_id}
                type="button"
                className={`plan-node ${nodes.get(task_id)?.effect ?? 'open'}`}
                style={{ left: x, top: y, width: NODE_WIDTH, height: NODE_HEIGHT }}
                onClick={() => onOpen(task_id)}
              >
                <NodeText node={nodes.get(task_id)} task={tasks.get(task_id)} />
              </button>
            ))}
          </div>
        </div>
      </div>
      <div className="plan-tools">
        <IconButton icon="dash" label={words.smaller} onClick={() => zoom(1 / STEP)} />
        <IconButton icon="plus" label={words.larger} onClick={() => zoom(STEP)} />
        <Button size="s" tone="quiet" onClick={() => setChosen(Math.max(LEAST, fitting))}>
          {words.fit}
        </Button>
      </div>
    </div>
  );
}

/** How wide the place for the graph is. */
function useRoom(box: { readonly current: HTMLElement | null }): number {
  const [room, setRoom] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setRoom(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return room;
}

interface NodeTextProps {
  readonly node: PlaybookGraph['nodes'][number] | undefined;
  readonly task: Task | undefined;
}

function NodeText({ node, task }: NodeTextProps) {
  const common = useWords();
  const { graph: words, task: taskWords } = useWords(playbooksWords);
  if (node === undefined) return null;
  const effect = node.effect === null ? taskWords.decided : common.effect[node.effect];
  return (
    <>
      <bdi className="plan-name">{node.name}</bdi>
      <span className="plan-kind">
        <code className="truncate">{node.kind}</code>
        <span className="plan-effect">{effect}</span>
      </span>
      <span className="plan-marks">
        {marksOf(task, words).map(({ icon, says }) => (
          <span key={says} title={says}>
            <Icon name={icon} size={13} />
            <span className="truncate">{says}</span>
          </span>
        ))}
      </span>
    </>
  );
}

type Words = (typeof playbooksWords)['en']['graph'];

function marksOf(task: Task | undefined, words: Words): { readonly icon: IconName; readonly says: string }[] {
  if (task === undefined) return [];
  const conditions = task.conditions?.length ?? 0;
  return [
    ...(task.approval === undefined ? [] : [{ icon: 'hand', says: words.approval } as const]),
    ...(task.run_if === 'failure' ? [{ icon: 'incident', says: words.failure } as const] : []),
    ...(task.run_if === 'always' ? [{ icon: 'going', says: words.always } as const] : []),
    ...(conditions === 0 ? [] : [{ icon: 'filter', says: words.conditions(conditions) } as const]),
    ...(task.foreach === undefined ? [] : [{ icon: 'retry', says: words.foreach } as const]),
    ...(task.verify === undefined ? [] : [{ icon: 'check', says: words.verify } as const]),
  ];
}
