import { useMemo, useState } from 'react';
import type { PayloadAnswer } from '../../../domain/api/payload.js';
import { ApiRefusal, path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Copy } from '../../kit/copy.js';
import { Said } from '../../kit/said.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { Fold } from './fold.js';
import { indentJson } from './indent-json.js';
import { PayloadText } from './payload-text.js';
import './payload.css';

/** The body that the alert came in, asked for when somebody opens it. */
export function PayloadPanel({ alertId }: { readonly alertId: string }) {
  const w = useWords(alertsWords).payload;
  return (
    <section className="panel stack">
      <h2>{w.title}</h2>
      <Fold summary={w.show}>{() => <Asked alertId={alertId} />}</Fold>
    </section>
  );
}

function Asked({ alertId }: { readonly alertId: string }) {
  const words = useWords();
  const { data, error, refetch } = useGet<PayloadAnswer>(path`/api/v1/alerts/${alertId}/payload`);
  if (data !== undefined) return <Came payload={data} alertId={alertId} />;
  if (error === null) return <Loading rows={6} />;
  if (!(error instanceof ApiRefusal && error.code === 'not_found'))
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  // It may only not be written yet.
  return (
    <div className="row">
      <p className="quiet" role="status" dir="auto">
        <Said text={error.message} />
      </p>
      <Button size="s" icon="retry" onClick={() => void refetch()}>
        {words.do.retry}
      </Button>
    </div>
  );
}

function Came({ payload, alertId }: { readonly payload: PayloadAnswer; readonly alertId: string }) {
  const w = useWords(alertsWords).payload;
  const { text } = payload;
  const indented = useMemo(() => indentJson(text, payload.path), [text, payload.path]);
  const [asItCame, setAsItCame] = useState(false);
  const raw = useMemo(() => ({ lines: text.split('\n'), part: null }), [text]);
  const isRaw = asItCame || indented === null;
  return (
    <div className="stack">
      <div className="row spread">
        <p className="quiet payload-facts">
          <span>{w.came_as(payload.source)}</span> <When at={payload.received_at} as="clock" />{' '}
          {payload.received_from !== null && <span>{w.came_from(payload.received_from)}</span>}{' '}
          <span>{w.bytes(payload.bytes)}</span>
        </p>
        <div className="row">
          {indented !== null && (
            <Button size="s" aria-pressed={asItCame} onClick={() => setAsItCame(!asItCame)}>
              {w.as_it_came}
            </Button>
          )}
          <Copy text={text} what={w.what} label={w.copy} />
        </div>
      </div>
      {payload.alert_id !== alertId && <p className="quiet">{w.of_repeated(payload.alert_id)}</p>}
      {payload.truncated && <p className="quiet">{w.truncated(payload.bytes)}</p>}
      {payload.index !== undefined && <p className="quiet">{w.place(payload.index + 1)}</p>}
      <PayloadText key={isRaw ? 'raw' : 'lines'} shown={isRaw ? raw : indented} label={w.what} />
    </div>
  );
}
