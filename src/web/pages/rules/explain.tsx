import { useEffect, useMemo, useState } from 'react';
import type { z } from 'zod';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import type { Explanation } from '../../../domain/api/rule.js';
import { path } from '../../api/client.js';
import { useGet, useSend } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Field } from '../../kit/field.js';
import { Icon } from '../../kit/icon.js';
import { useKeys } from '../../kit/keys.js';
import { Link } from '../../kit/link.js';
import { Empty, ErrorNote, ErrorState, Loading } from '../../kit/states.js';
import { text as textParam } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { playbooksWords } from '../../words/playbooks.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { Editor } from '../playbooks/editor.js';
import { readObject } from '../playbooks/read-json.js';
import { wrongText } from '../playbooks/start-dialog.js';
import { exampleText } from '../playbooks/use-example.js';
import { Verdict } from './verdict.js';
import { useRules } from './use-rules.js';

type Alert = z.infer<typeof AlertAnswer>;

const PARAMS = { alert: textParam(), rule: textParam() };

/** Which rule takes an alert, and why every other does not: of one that is pasted, or of one that is stored. */
export function Explain() {
  const [{ alert, rule }] = useUrlState(PARAMS);
  const stored = useGet<Alert>(path`/api/v1/alerts/${alert}`, {
    query: { evaluation: 'false' },
    enabled: alert !== '',
  });
  const rules = useRules(rule === '' ? {} : { rule_id: rule });
  if (alert !== '') {
    if (stored.error !== null) return <ErrorState error={stored.error} onRetry={() => void stored.refetch()} />;
    if (stored.data === undefined) return <Loading rows={6} />;
    return <Form key={alert} text={alertText(stored.data)} alert_id={alert} atOnce />;
  }
  if (rules.isPending) return <Loading rows={6} />;
  return <Form key={rule} text={exampleText(rules.data?.items[0] ?? null)} alert_id={null} atOnce={rule !== ''} />;
}

/** What a person may change of a stored alert to see what would come of it. */
function alertText(alert: Alert): string {
  const { decision: _1, decisions: _2, incident_id: _3, evaluation: _4, ...own } = alert;
  return JSON.stringify(own, null, 2);
}

interface FormProps {
  readonly text: string;
  readonly alert_id: string | null;
  /** Explained without being asked: it is what one came for. */
  readonly atOnce: boolean;
}

function Form({ text: given, alert_id, atOnce }: FormProps) {
  const { explain: words } = useWords(rulesWords);
  const playbooks = useWords(playbooksWords);
  const [text, setText] = useState(given);
  const { mutate, data, error, isPending } = useSend<z.infer<typeof Explanation>>('POST');
  const read = useMemo(() => readObject(text), [text]);
  const [asked, setAsked] = useState(false);
  const [answered, setAnswered] = useState('');
  const wrong = !read.ok ? wrongText(read, playbooks) : read.value === null ? playbooks.start.not_object : null;
  function explain(): void {
    setAsked(true);
    if (!read.ok || read.value === null) return;
    setAnswered(text);
    mutate({ path: '/api/v1/rules/explain', body: { alert: read.value } });
  }
  useEffect(() => {
    if (atOnce) explain();
    // Once, when the page opens: later it is the button's.
  }, []);
  useKeys([{ keys: 'mod+Enter', label: words.go, run: explain }]);
  return (
    <div className="stack">
      <p className="quiet">{words.hint}</p>
      <div className="explain">
        <form
          className="stack"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            explain();
          }}
        >
          {alert_id !== null && (
            <p className="quiet">
              <Link href={path`/alerts/${alert_id}`}>{words.from_alert(alert_id)}</Link>
              <br />
              {words.from_alert_hint}
            </p>
          )}
          <Field label={words.alert} hint={words.alert_hint} error={asked ? wrong : null}>
            {(field) => (
              <Editor
                field={field}
                value={text}
                onChange={setText}
                rows={16}
                wrong={!read.ok && read.line > 0 ? [read.line] : []}
              />
            )}
          </Field>
          <div className="row">
            <Button type="submit" tone="primary" busy={isPending}>
              {words.go}
            </Button>
          </div>
        </form>
        <section aria-live="polite" aria-busy={isPending} className="stack">
          <ErrorNote error={error} />
          {data !== undefined && answered !== text && (
            <p className="explain-stale">
              <Icon name="info" size={14} /> {words.stale}
            </p>
          )}
          {data !== undefined ? (
            <Verdict explanation={data} />
          ) : (
            error === null && (
              <Empty title={words.wait} icon="rule">
                <p>{words.wait_hint}</p>
              </Empty>
            )
          )}
        </section>
      </div>
    </div>
  );
}
