import { useEffect, useId, useState } from 'react';
import type { PlaybookAnswer, PlaybookCheckAnswer, PlaybookItem } from '../../../domain/api/playbook.js';
import { path } from '../../api/client.js';
import { useGet, useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Field, Select } from '../../kit/field.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { Empty, ErrorNote } from '../../kit/states.js';
import { oneOf, text as textParam } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { Marked } from '../../kit/marked.js';
import { rulesWords } from '../../words/rules.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { conditionsInOne } from '../rules/rule-texts.js';
import { Editor, goToLine } from './editor.js';
import { TaskTable } from './task-table.js';
import './check-text.css';

const FILES = ['playbook.yaml', 'rules.yaml'] as const;
const PARAMS = { playbook: textParam(), as: oneOf(FILES, 'playbook.yaml') };

const WAIT_MS = 500;
/** Longer texts are checked when somebody asks. */
const MOST_LIVE = 100_000;
const MOST = 512 * 1024;

/** A text that is checked as a file of the playbooks folder while it is written. */
export function CheckText() {
  const [{ playbook }] = useUrlState(PARAMS);
  const { data, error, isPending } = useGet<PlaybookAnswer>(path`/api/v1/playbooks/${playbook}`, {
    enabled: playbook !== '',
  });
  if (playbook !== '' && isPending && error === null) return null;
  return <Check key={playbook} source={data?.source ?? ''} />;
}

function Check({ source }: { readonly source: string }) {
  const { check: words } = useWords(playbooksWords);
  const [{ as }, change] = useUrlState(PARAMS);
  const file = as === '' ? 'playbook.yaml' : as;
  const [text, setText] = useState(source);
  const [checked, setChecked] = useState<{ readonly text: string; readonly answer: PlaybookCheckAnswer } | null>(null);
  const { mutateAsync, error, isPending, reset } = useSend<PlaybookCheckAnswer>('POST');
  const id = useId();
  const tooLong = text.length > MOST;
  const isLarge = text.length > MOST_LIVE;
  async function check(): Promise<void> {
    try {
      const answer = await mutateAsync({ path: '/api/v1/playbooks/check', body: { source: text, file } });
      setChecked({ text, answer });
    } catch {
      // The mutation keeps the refusal, which is shown below.
    }
  }
  useEffect(() => {
    if (text.trim() === '') {
      setChecked(null);
      reset();
      return undefined;
    }
    if (isLarge) return undefined;
    let isOver = false;
    const timer = window.setTimeout(() => {
      mutateAsync({ path: '/api/v1/playbooks/check', body: { source: text, file } }).then(
        (answer) => {
          if (!isOver) setChecked({ text, answer });
        },
        () => undefined, // kept by the mutation
      );
    }, WAIT_MS);
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [text, file, isLarge, mutateAsync, reset]);
  const problems = checked?.answer.problems ?? [];
  const fieldId = `${id}-text`;
  return (
    <div className="stack">
      <p className="quiet">
        <Marked text={words.hint} />
      </p>
      <div className="check">
        <div className="check-left">
          <div className="check-head">
            <Field label={words.as}>
              {(field) => (
                <Select
                  {...field}
                  value={file}
                  options={[
                    { value: 'playbook.yaml', label: words.as_playbook },
                    { value: 'rules.yaml', label: words.as_rules },
                  ]}
                  onChange={(next) => change({ as: next })}
                />
              )}
            </Field>
            <BeginWith />
            {isLarge && !tooLong && (
              <Button tone="primary" busy={isPending} onClick={() => void check()}>
                {words.now}
              </Button>
            )}
          </div>
          <Field id={fieldId} label={words.text} error={tooLong ? words.too_long : null} {...(isLarge ? { hint: words.large } : {})}>
            {(field) => (
              <Editor
                field={field}
                value={text}
                onChange={setText}
                wrong={problems.map(({ line }) => line)}
                placeholder={'playbook_id: PB-Example\ntasks:\n  - id: look\n    type: prometheus_query'}
              />
            )}
          </Field>
        </div>
        <section className="check-right" aria-live="polite" aria-busy={isPending}>
          <ErrorNote error={error} />
          {checked === null ? (
            error === null && (
              <Empty title={text.trim() === '' ? words.empty : words.checking} icon="edit">
                {text.trim() === '' && <p>{words.empty_hint}</p>}
              </Empty>
            )
          ) : (
            <Result answer={checked.answer} onGo={(line) => goToLine(fieldId, line)} />
          )}
        </section>
      </div>
    </div>
  );
}

/** Takes the text of a playbook in force to begin from. */
function BeginWith() {
  const { check: words } = useWords(playbooksWords);
  const common = useWords();
  const [{ playbook }, change] = useUrlState(PARAMS);
  const { data } = useGet<{ readonly items: readonly PlaybookItem[] }>('/api/v1/playbooks', { query: { limit: 200 } });
  const items = data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Field label={words.begin}>
      {(field) => (
        <Select
          {...field}
          value={items.some(({ playbook_id }) => playbook_id === playbook) ? playbook : ''}
          options={[
            { value: '', label: common.none },
            ...items.map(({ playbook_id, name }) => ({ value: playbook_id, label: name })),
          ]}
          onChange={(next) => change({ playbook: next, as: 'playbook.yaml' })}
        />
      )}
    </Field>
  );
}

function Result({ answer, onGo }: { readonly answer: PlaybookCheckAnswer; readonly onGo: (line: number) => void }) {
  const { check: words } = useWords(playbooksWords);
  const { problems, ok } = answer;
  return (
    <div className="stack">
      {ok ? (
        <div className="check-good">
          <Icon name="check" />
          <p>
            <strong>{words.good}</strong> <span>{words.good_hint}</span>
          </p>
        </div>
      ) : (
        <div className="stack">
          <h2 className="check-bad">
            <Icon name="bang" /> {words.problems(problems.length)}
          </h2>
          <ol className="check-problems">
            {problems.map(({ line, column, message }, index) => (
              <li key={index}>
                <button type="button" className="link" onClick={() => onGo(line)}>
                  {words.go(line, column)}
                </button>
                <p dir="auto">{message}</p>
              </li>
            ))}
          </ol>
          {problems.length >= 200 && <p className="quiet">{words.most}</p>}
        </div>
      )}
      <Understood answer={answer} />
    </div>
  );
}

function Understood({ answer }: { readonly answer: PlaybookCheckAnswer }) {
  const { check: words } = useWords(playbooksWords);
  const rulesIn = useWords(rulesWords);
  if (answer.playbooks.length + answer.rules.length === 0) return null;
  return (
    <section className="stack">
      <h2>{words.understood}</h2>
      {answer.playbooks.map((one) => (
        <div key={one.playbook_id} className="stack check-understood">
          <h3 dir="auto">{one.name}</h3>
          <TaskTable playbook={one.playbook} graph={one.graph} onOpen={(task) => document.getElementById(`task-${task}`)?.scrollIntoView({ block: 'nearest' })} />
        </div>
      ))}
      {answer.rules.length > 0 && (
        <>
          <h3>{words.rules(answer.rules.length)}</h3>
          <ul className="check-rules">
            {answer.rules.map((rule, index) => (
              <li key={index}>
                <strong>{rule.rule_id}</strong> <span dir="auto">{conditionsInOne(rule, rulesIn)}</span> →{' '}
                <Link href={path`/playbooks/${rule.playbook_id}`}>{rule.playbook_id}</Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
