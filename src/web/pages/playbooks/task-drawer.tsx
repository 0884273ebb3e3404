import type { ReactNode } from 'react';
import type { PlaybookGraph } from '../../../domain/api/playbook.js';
import type { Playbook, Task } from '../../../domain/playbook/playbook.js';
import { Id } from '../../kit/copy.js';
import { Dialog } from '../../kit/dialog.js';
import { JsonView } from '../../kit/json-view.js';
import { KeyValue } from '../../kit/key-value.js';
import type { Fact } from '../../kit/key-value.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { KindAndEffect, People } from './task-table.js';
import { failureActionsOf, plainExpression } from './task-texts.js';

interface TaskDrawerProps {
  readonly playbook: Playbook;
  readonly graph: PlaybookGraph;
  /** '' or a task that is not there: closed. */
  readonly task_id: string;
  readonly onClose: () => void;
}

/** Everything that a playbook says of one task. */
export function TaskDrawer({ playbook, graph, task_id, onClose }: TaskDrawerProps) {
  const task = playbook.tasks.find(({ id }) => id === task_id);
  const node = graph.nodes.find((one) => one.task_id === task_id);
  return (
    <Dialog open={task !== undefined} onClose={onClose} title={task?.name ?? task_id} as="drawer">
      {task !== undefined && <Details task={task} node={node} />}
    </Dialog>
  );
}

function Details({ task, node }: { readonly task: Task; readonly node: PlaybookGraph['nodes'][number] | undefined }) {
  const { task: words } = useWords(playbooksWords);
  const parameters = task.parameters ?? {};
  return (
    <div className="stack">
      <div className="row">
        <KindAndEffect node={node} />
        <Id id={task.id} what={words.name} />
      </div>
      {task.description !== undefined && <p dir="auto">{task.description}</p>}
      <KeyValue facts={useFacts(task)} />
      <h3>{words.parameters}</h3>
      {Object.keys(parameters).length === 0 ? (
        <p className="quiet">{words.no_parameters}</p>
      ) : (
        <JsonView value={parameters} label={words.parameters} open={3} />
      )}
    </div>
  );
}

function useFacts(task: Task): readonly Fact[] {
  const { task: words } = useWords(playbooksWords);
  const facts: { label: string; value: ReactNode; when: boolean }[] = [
    { label: words.action, value: <code>{task.action}</code>, when: task.action !== undefined },
    { label: words.after, value: <Codes texts={task.depends_on ?? []} />, when: (task.depends_on ?? []).length > 0 },
    {
      label: words.run_if,
      value: words.run_if_is[task.run_if ?? 'success'],
      when: task.run_if !== undefined,
    },
    {
      label: words.guards,
      value: <Codes texts={(task.conditions ?? []).map(plainExpression)} />,
      when: (task.conditions ?? []).length > 0,
    },
    { label: words.people, value: <People task={task} />, when: task.approval !== undefined },
    { label: words.foreach, value: <Each each={task.foreach} />, when: task.foreach !== undefined },
    { label: words.parallel, value: task.max_parallel, when: task.max_parallel !== undefined },
    { label: words.output, value: <code>{task.output_variable}</code>, when: task.output_variable !== undefined },
    { label: words.timeout, value: task.timeout ?? '60s', when: true },
    { label: words.attempts, value: words.attempts_of(task.retry?.max_attempts ?? 3), when: task.retry !== undefined },
    { label: words.idempotent, value: words.yes, when: task.idempotent === true },
    { label: words.in_doubt, value: words.in_doubt_is[task.in_doubt ?? 'ask'], when: task.in_doubt !== undefined },
    { label: words.verify, value: <Verify verify={task.verify} />, when: task.verify !== undefined },
    { label: words.compensate, value: <Undo undo={task.compensate} />, when: isTold(task.compensate) },
    {
      label: words.failure,
      value: failureActionsOf(task.on_failure)
        .map((action) => words.actions[action])
        .join(words.and),
      when: true,
    },
  ];
  return facts.filter(({ when }) => when);
}

function isTold(undo: Task['compensate']): boolean {
  return undo === false || typeof undo === 'object';
}

function Codes({ texts }: { readonly texts: readonly string[] }) {
  return (
    <ul className="task-conditions">
      {texts.map((text) => (
        <li key={text}>
          <code>{text}</code>
        </li>
      ))}
    </ul>
  );
}

function Each({ each }: { readonly each: Task['foreach'] }) {
  return <code>{typeof each === 'string' ? plainExpression(each) : JSON.stringify(each)}</code>;
}

function Verify({ verify }: { readonly verify: Task['verify'] }) {
  const { task: words } = useWords(playbooksWords);
  if (verify === undefined) return null;
  return (
    <>
      <code>{plainExpression(verify.condition)}</code>
      <p className="quiet">{words.verify_how(verify.within ?? '5m', verify.hold ?? '0s')}</p>
    </>
  );
}

function Undo({ undo }: { readonly undo: Task['compensate'] }) {
  const { task: words } = useWords(playbooksWords);
  if (typeof undo !== 'object') return words.compensate_never;
  return (
    <>
      <code>{undo.action ?? undo.type}</code>
      {undo.parameters !== undefined && (
        <JsonView value={undo.parameters} label={`${words.compensate}: ${words.parameters}`} open={2} />
      )}
    </>
  );
}
