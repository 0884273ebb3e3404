import type { ReactNode } from 'react';
import type { PlaybookGraph } from '../../../domain/api/playbook.js';
import type { Playbook, Task } from '../../../domain/playbook/playbook.js';
import { Badge } from '../../kit/sign.js';
import type { SignTone } from '../../kit/sign.js';
import { Slashed } from '../../kit/slashed.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { failureActionsOf, plainExpression } from './task-texts.js';
import './task-table.css';

type Node = PlaybookGraph['nodes'][number];

interface TaskTableProps {
  readonly playbook: Playbook;
  readonly graph: PlaybookGraph;
  readonly onOpen: (task_id: string) => void;
}

const EFFECTS: Readonly<Record<NonNullable<Node['effect']>, SignTone>> = { read: 'calm', write: 'warn', notify: 'info' };

/** Every task with what it does, what it waits for, and what stands between it and production. On a phone each is a block of its own. */
export function TaskTable({ playbook, graph, onOpen }: TaskTableProps) {
  const { task: words } = useWords(playbooksWords);
  const nodes = new Map(graph.nodes.map((node) => [node.task_id, node]));
  const head = [words.name, words.does, words.after, words.guards, words.people, words.failure];
  return (
    // The roles are written out: a table that is laid out as blocks would lose them.
    <table className="task-table" role="table" aria-label={words.table}>
      <thead role="rowgroup">
        <tr role="row">
          {head.map((title) => (
            <th key={title} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {playbook.tasks.map((task) => (
          <tr key={task.id} role="row" id={`task-${task.id}`}>
            <Cell>
              <button type="button" className="task-open" onClick={() => onOpen(task.id)}>
                <bdi>{task.name ?? task.id}</bdi>
                {task.name !== undefined && <code>{task.id}</code>}
              </button>
            </Cell>
            <Cell title={words.does}>
              <KindAndEffect node={nodes.get(task.id)} />
            </Cell>
            <Cell title={words.after}>
              <After task={task} onOpen={onOpen} />
            </Cell>
            <Cell title={words.guards}>
              <Guards task={task} />
            </Cell>
            <Cell title={words.people}>
              <People task={task} />
            </Cell>
            <Cell title={words.failure}>
              {failureActionsOf(task.on_failure)
                .map((action) => words.actions[action])
                .join(words.and)}
            </Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ title, children }: { readonly title?: string; readonly children: ReactNode }) {
  return (
    <td role="cell" data-title={title}>
      <div>{children}</div>
    </td>
  );
}

/** What kind of task it is, and whether it reads, writes or tells. */
export function KindAndEffect({ node }: { readonly node: Node | undefined }) {
  const words = useWords();
  const { task } = useWords(playbooksWords);
  if (node === undefined) return null;
  return (
    <span className="task-kind">
      <code>{node.kind}</code>
      {node.effect === null ? (
        <span className="faint">{task.decided}</span>
      ) : (
        <Badge tone={EFFECTS[node.effect]}>{words.effect[node.effect]}</Badge>
      )}
    </span>
  );
}

function After({ task, onOpen }: { readonly task: Task; readonly onOpen: (task_id: string) => void }) {
  const { task: words } = useWords(playbooksWords);
  const needs = task.depends_on ?? [];
  const runIf = task.run_if === undefined || task.run_if === 'success' ? null : words.run_if_is[task.run_if];
  if (needs.length === 0 && runIf === null) return <span className="faint">{words.at_once}</span>;
  return (
    <>
      {needs.map((need) => (
        <button key={need} type="button" className="task-need" onClick={() => onOpen(need)}>
          <code>
            <Slashed text={need} at="_" />
          </code>
        </button>
      ))}
      {runIf !== null && <p>{runIf}</p>}
    </>
  );
}

function Guards({ task }: { readonly task: Task }) {
  const { task: words } = useWords(playbooksWords);
  const conditions = task.conditions ?? [];
  if (conditions.length === 0) return <span className="faint">{words.no_guard}</span>;
  return (
    <ul className="task-conditions">
      {conditions.map((condition, index) => (
        <li key={index}>
          <code>{plainExpression(condition)}</code>
        </li>
      ))}
    </ul>
  );
}

/** Who has to say yes before it is done. */
export function People({ task }: { readonly task: Task }) {
  const { task: words } = useWords(playbooksWords);
  const { approval } = task;
  if (approval === undefined) return <span className="faint">{words.nobody}</span>;
  const who = approval.approvers ?? [];
  return (
    <span>
      <strong>{words.quorum(approval.quorum ?? 1)}</strong>{' '}
      {who.length === 0 ? words.anybody : words.by(who.join(', '))} {words.expires(approval.expires ?? '15m')}
    </span>
  );
}
