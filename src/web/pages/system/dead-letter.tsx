import { useMemo, useState } from 'react';
import type { Accepted } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { useSend } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { CodeBlock } from '../../kit/code-block.js';
import type { LineMark } from '../../kit/code-block.js';
import { Copy, Id } from '../../kit/copy.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { Icon } from '../../kit/icon.js';
import { JsonView } from '../../kit/json-view.js';
import { KeyValue } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { StateSign } from '../../kit/sign.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import type { DeadLetter } from './letter.js';
import { lineOf, placeJson } from './placed-json.js';
import { readBody } from './read-body.js';

/** One body that could not be used: why, each fault at its place, the body, and another try. */
export function LetterDetail({ letter }: { readonly letter: DeadLetter }) {
  const { letters: words } = useWords(systemWords);
  return (
    <div className="stack system-letter" key={letter.dead_letter_id}>
      <p className="system-reason" dir="auto">
        <Icon name="bang" />
        <span>
          <Said text={letter.reason} />
        </span>
      </p>
      <KeyValue
        facts={[
          { label: words.received, value: <When at={letter.received_at} as="both" /> },
          { label: words.replayed_at, value: <When at={letter.replayed_at} as="both" /> },
          { label: words.id_short, value: <Id id={letter.dead_letter_id} what={words.id} /> },
        ]}
      />
      <Replay letter={letter} />
      <Body letter={letter} />
    </div>
  );
}

type View = 'lines' | 'json' | 'text';

/** The body with the faults at their lines; it can be looked at as it came, too. */
function Body({ letter }: { readonly letter: DeadLetter }) {
  const { because } = useWords();
  const { letters: words } = useWords(systemWords);
  const read = useMemo(() => readBody(letter.body), [letter.body]);
  const [view, setView] = useState<View>('lines');
  const placed = useMemo(() => (read.isJson ? placeJson(read.value) : null), [read]);
  const marks = useMemo<readonly LineMark[]>(
    () =>
      placed === null
        ? []
        : letter.details.map(({ path: place, message }) => ({
            line: lineOf(placed, place),
            tone: 'bad',
            message: because(place === '' ? words.whole : place, message),
          })),
    [placed, letter.details, words, because],
  );
  const views: readonly (readonly [View, string])[] = [
    ['lines', words.lines],
    ['json', words.as_json],
    ['text', words.as_text],
  ];
  return (
    <div className="stack">
      {placed === null && letter.details.length > 0 && <Problems details={letter.details} />}
      <div className="row spread">
        <h3>{words.body}</h3>
        {placed !== null && (
          <div className="row" role="group" aria-label={words.body}>
            {views.map(([id, label]) => (
              <button
                key={id}
                type="button"
                className="system-choice"
                aria-pressed={view === id}
                onClick={() => setView(id)}
              >
                {label}
              </button>
            ))}
          </div>
        )}
      </div>
      {read.isCut && <p className="faint">{words.cut}</p>}
      {placed === null || view === 'text' ? (
        <CodeBlock code={letter.body} label={words.body} numbers={placed === null} />
      ) : view === 'lines' ? (
        <CodeBlock code={placed.text} label={words.body} marks={marks} />
      ) : (
        <JsonView value={read.value} label={words.body} open={4} />
      )}
    </div>
  );
}

function Problems({ details }: { readonly details: DeadLetter['details'] }) {
  const { letters: words } = useWords(systemWords);
  return (
    <div className="stack-tight">
      <h3>{words.problems}</h3>
      <ul className="system-problems">
        {details.map(({ path: place, message }, index) => (
          <li key={index} dir="auto">
            <code>{place === '' ? words.whole : place}</code> <Said text={message} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Another try with it, once, for those who may; what came of it stays to be read. */
function Replay({ letter }: { readonly letter: DeadLetter }) {
  const { letters: words } = useWords(systemWords);
  const may = useMay('operate');
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState<Accepted | null>(null);
  const { mutateAsync } = useSend<Accepted>('POST', {
    invalidate: ['/api/v1/dead_letters', '/api/v1/system', '/api/v1/alerts', '/api/v1/overview', '/api/v1/audit'],
    onDone: setAnswer,
  });
  const address = path`/api/v1/dead_letters/${letter.dead_letter_id}/replay`;
  const command = `curl -X POST -H "Authorization: Bearer $FIXPOINT_TOKEN" ${new URL(address, window.location.href).href}`;
  return (
    <>
      {answer !== null && <Answer answer={answer} />}
      {may && letter.replayed_at === null && answer === null && (
        <div className="stack-tight">
          <div className="row">
            <Button icon="retry" onClick={() => setOpen(true)}>
              {words.replay}
            </Button>
            <Copy text={command} what={words.command} label={words.command} />
          </div>
          <p className="faint">{words.replay_hint}</p>
        </div>
      )}
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={words.replay_title}
        confirm={words.replay}
        onConfirm={() => mutateAsync({ path: address })}
      >
        <p>{words.replay_what}</p>
      </ConfirmDialog>
    </>
  );
}

const MOST_ALERTS = 50;

function Answer({ answer }: { readonly answer: Accepted }) {
  const { letters: words } = useWords(systemWords);
  return (
    <div className="panel system-answer" role="status">
      <strong>{words.answer(answer.accepted, answer.rejected)}</strong>
      <ul aria-label={words.answer_alerts}>
        {answer.alerts.slice(0, MOST_ALERTS).map(({ alert_id, status }) => (
          <li key={alert_id} className="row">
            <StateSign value={status} as="text" />
            <Link href={path`/alerts/${alert_id}`}>
              <code>{alert_id}</code>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
