import type { Task } from '../../../domain/playbook/playbook.js';
import { JsonView } from '../../kit/json-view.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';

/** A step that has not begun: what the playbook says that it will do. */
export function PlannedStep({ task }: { readonly task: Task | undefined }) {
  const { step: words } = useWords(runsWords);
  return (
    <>
      <p className="quiet">{words.not_begun}</p>
      {task?.description !== undefined && <p dir="auto">{task.description}</p>}
      {task !== undefined && (
        <section className="step-part">
          <h3>{words.definition}</h3>
          <JsonView value={task} label={words.definition} />
        </section>
      )}
    </>
  );
}
