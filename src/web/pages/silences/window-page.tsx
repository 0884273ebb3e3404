import { useState } from 'react';
import type { WindowAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { useGet, useSend } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button, LinkButton } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { KeyValue } from '../../kit/key-value.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { Countdown, When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatcherChips } from './matchers-text.js';
import { Preview, usePreview } from './preview.js';
import { intervalText, scheduleText } from './schedule-text.js';
import { Does, nameOf } from './window-list.js';
import { WindowSpans } from './window-spans.js';

/** One maintenance window: when it is, what it holds, and when it comes back. */
export function WindowPage({ windowId }: { readonly windowId: string }) {
  const w = useWords(silencesWords);
  const { data, error, refetch } = useGet<WindowAnswer>(path`/api/v1/maintenance_windows/${windowId}`, { live: true });
  const back = { href: '/silences?tab=windows', label: w.tabs.windows };
  if (data === undefined)
    return (
      <>
        <PageHeader title={w.one.window} back={back} />
        {error === null ? <Loading rows={6} /> : <ErrorState error={error} onRetry={() => void refetch()} />}
      </>
    );
  const [first] = data.next;
  return (
    <>
      <PageHeader
        title={nameOf(data)}
        back={back}
        meta={
          <>
            <StateSign value={data.state} />
            {data.state === 'active' && first?.ends_at != null && <Countdown until={first.ends_at} />}
          </>
        }
        actions={<Actions window={data} />}
      />
      <div className="silence-columns">
        <section className="panel stack">
          <h2>{w.one.matchers}</h2>
          <MatcherChips matchers={data.matchers} />
          <Facts window={data} />
        </section>
        <div className="stack">
          <Occurrences window={data} />
          <Matching window={data} />
        </div>
      </div>
    </>
  );
}

function Facts({ window }: { readonly window: WindowAnswer }) {
  const w = useWords(silencesWords);
  const { schedule } = window;
  return (
    <>
      <KeyValue
        facts={[
          {
            label: w.one.comment,
            value: <span className="silence-comment">{window.comment || w.one.no_comment}</span>,
          },
          { label: w.window.schedule, value: scheduleText(schedule, w.window) },
          { label: w.window.effect, value: <Does window={window} /> },
          ...(schedule.type === 'once' || window.expires_at === null
            ? []
            : [{ label: w.window.until_expires, value: <When at={window.expires_at} as="both" /> }]),
          { label: w.one.by, value: window.created_by },
          { label: w.one.made, value: window.created_at && <When at={window.created_at} as="both" /> },
          ...(window.ended_by === null ? [] : [{ label: w.one.ended_by, value: window.ended_by }]),
          { label: w.one.origin, value: w.origins[window.origin] },
          { label: w.one.id, value: <Id id={window.window_id} what={w.one.id} /> },
        ]}
      />
      {schedule.type === 'time_intervals' && (
        <div className="stack-tight">
          <h3>{w.window.interval_label}</h3>
          <ul className="silence-intervals">
            {schedule.time_intervals.map((interval, place) => (
              <li key={place}>
                <code>{intervalText(interval) || w.window.interval_always}</code>
              </li>
            ))}
          </ul>
        </div>
      )}
      {window.origin === 'file' && <p className="quiet">{w.one.file_hint}</p>}
    </>
  );
}

function Occurrences({ window }: { readonly window: WindowAnswer }) {
  const w = useWords(silencesWords).window;
  return (
    <section className="panel stack">
      <h2>{w.next}</h2>
      <WindowSpans state={window.state} next={window.next} />
    </section>
  );
}

function Matching({ window }: { readonly window: WindowAnswer }) {
  const w = useWords(silencesWords);
  const isOver = window.state === 'expired';
  const isAll = !isOver && window.matchers.length === 0;
  const preview = usePreview(isOver ? [] : window.matchers, isAll);
  return (
    <section className="panel stack">
      <div className="row spread">
        <h2>{w.one.held_alerts}</h2>
        <LinkButton
          size="s"
          icon="alert"
          href={`/alerts?${new URLSearchParams({ by: `maintenance_window:${window.window_id}` }).toString()}`}
        >
          {w.one.held_go}
        </LinkButton>
      </div>
      {!isOver && (
        <Preview
          title={w.preview.now_title}
          preview={preview}
          matchers={window.matchers}
          unmatched={w.matchers.none_is_all}
          isAll={isAll}
        />
      )}
    </section>
  );
}

function Actions({ window }: { readonly window: WindowAnswer }) {
  const w = useWords(silencesWords);
  const may = useMay('operate');
  const toast = useToast();
  const [open, setOpen] = useState(false);
  const end = useSend<WindowAnswer>('DELETE', {
    invalidate: ['/api/v1/maintenance_windows', '/api/v1/alerts'],
    onDone: () => toast(w.window_end.done),
  });
  if (!may || window.origin !== 'api' || window.state === 'expired') return null;
  return (
    <>
      <Button icon="stop" tone="danger" onClick={() => setOpen(true)}>
        {w.do.delete}
      </Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={w.window_end.title}
        confirm={w.window_end.confirm}
        tone="danger"
        onConfirm={() => end.mutateAsync({ path: path`/api/v1/maintenance_windows/${window.window_id}` })}
      >
        <MatcherChips matchers={window.matchers} />
        <p>{w.window_end.what}</p>
      </ConfirmDialog>
    </>
  );
}
