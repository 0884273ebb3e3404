import { useState } from 'react';
import { useLocation } from 'wouter';
import type { SilenceAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { useGet, useSend } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button, LinkButton } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { ConfirmDialog } from '../../kit/dialog.js';
import { firstLine } from '../../kit/first-line.js';
import { KeyValue } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { useToast } from '../../kit/toast.js';
import { Countdown, Span, When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatcherChips } from './matchers-text.js';
import { Preview, usePreview } from './preview.js';
import { SilenceDialog } from './silence-dialog.js';

/** One silence: what it holds back, until when, of whom and why. */
export function SilencePage({ silenceId }: { readonly silenceId: string }) {
  const w = useWords(silencesWords);
  const { data, error, refetch } = useGet<SilenceAnswer>(path`/api/v1/silences/${silenceId}`, { live: true });
  const back = { href: '/silences', label: w.title };
  if (data === undefined)
    return (
      <>
        <PageHeader title={w.one.silence} back={back} />
        {error === null ? <Loading rows={6} /> : <ErrorState error={error} onRetry={() => void refetch()} />}
      </>
    );
  return (
    <>
      <PageHeader
        title={firstLine(data.comment) || w.one.silence}
        back={back}
        meta={
          <>
            <StateSign value={data.state} />
            {data.state === 'active' && <Countdown until={data.ends_at} />}
          </>
        }
        actions={<Actions silence={data} />}
      />
      <div className="stack">
        <div className="silence-columns">
          <section className="panel stack">
            <h2>{w.one.matchers}</h2>
            <MatcherChips matchers={data.matchers} />
            <Facts silence={data} />
          </section>
          <Holds silence={data} />
        </div>
      </div>
    </>
  );
}

function Facts({ silence }: { readonly silence: SilenceAnswer }) {
  const w = useWords(silencesWords);
  const { starts_at, ends_at, replaces, ended_by } = silence;
  return (
    <KeyValue
      facts={[
        { label: w.one.comment, value: <span className="silence-comment">{silence.comment || w.one.no_comment}</span> },
        { label: w.one.by, value: silence.created_by },
        { label: w.one.starts, value: <When at={starts_at} as="both" /> },
        { label: w.one.ends, value: <When at={ends_at} as="both" /> },
        { label: w.one.lasts, value: <Span from={starts_at} to={ends_at} /> },
        ...(ended_by === null ? [] : [{ label: w.one.ended_by, value: ended_by }]),
        { label: w.one.made, value: <When at={silence.created_at} as="both" /> },
        ...(replaces === null
          ? []
          : [{ label: w.one.replaces, value: <Link href={path`/silences/${replaces}`}>{replaces}</Link> }]),
        { label: w.one.origin, value: w.origins[silence.origin] },
        { label: w.one.id, value: <Id id={silence.silence_id} what={w.one.id} /> },
      ]}
    />
  );
}

function Holds({ silence }: { readonly silence: SilenceAnswer }) {
  const w = useWords(silencesWords);
  const isOver = silence.state === 'expired';
  const preview = usePreview(isOver ? [] : silence.matchers);
  return (
    <section className="panel stack">
      <div className="row spread">
        <h2>{w.one.held_alerts}</h2>
        <LinkButton
          size="s"
          icon="alert"
          href={`/alerts?${new URLSearchParams({ by: `silence:${silence.silence_id}` }).toString()}`}
        >
          {w.one.held_go}
        </LinkButton>
      </div>
      {silence.origin === 'alertmanager' && <p className="quiet">{w.one.am_hint}</p>}
      {!isOver && (
        <Preview title={w.preview.now_title} preview={preview} matchers={silence.matchers} unmatched={w.preview.none} />
      )}
    </section>
  );
}

function Actions({ silence }: { readonly silence: SilenceAnswer }) {
  const w = useWords(silencesWords);
  const may = useMay('operate');
  const toast = useToast();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<'form' | 'expire' | null>(null);
  const close = (): void => setOpen(null);
  const end = useSend<SilenceAnswer>('DELETE', {
    invalidate: ['/api/v1/silences', '/api/v1/alerts'],
    onDone: () => toast(w.expire.done),
  });
  if (!may || silence.origin === 'alertmanager') return null;
  const { silence_id, starts_at, ends_at, state, matchers, comment } = silence;
  const isOver = state === 'expired';
  return (
    <>
      <Button icon={isOver ? 'silence' : 'edit'} onClick={() => setOpen('form')}>
        {isOver ? w.do.again : w.do.change}
      </Button>
      {!isOver && (
        <Button icon="stop" tone="danger" onClick={() => setOpen('expire')}>
          {w.do.expire}
        </Button>
      )}
      <SilenceDialog
        open={open === 'form'}
        onClose={close}
        draft={{
          ...{ matchers, comment },
          ...(isOver ? { again: true } : { replaces: { silence_id, starts_at, ends_at, state } }),
        }}
        onDone={(made) => navigate(path`/silences/${made.silence_id}`)}
      />
      <ConfirmDialog
        open={open === 'expire'}
        onClose={close}
        title={w.expire.title}
        confirm={w.expire.confirm}
        tone="danger"
        onConfirm={() => end.mutateAsync({ path: path`/api/v1/silences/${silence_id}` })}
      >
        <MatcherChips matchers={matchers} />
        <p>{w.expire.what}</p>
      </ConfirmDialog>
    </>
  );
}
