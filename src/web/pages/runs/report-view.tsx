import { useState } from 'react';
import type { ReactNode } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { Report } from '../../../domain/run/report.js';
import { path } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { Button } from '../../kit/button.js';
import { Icon } from '../../kit/icon.js';
import { Said } from '../../kit/said.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { Table } from '../../kit/table.js';
import { When } from '../../kit/when.js';
import { useLanguage, useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { isFinal, runUrl } from './run-live.js';
import './report-view.css';

interface ReportViewProps {
  readonly run: RunAnswer;
  readonly onOpenStep: (step_id: string) => void;
}

/** What the run has to tell people, drawn from its facts: nothing of it is taken for markup. */
export function ReportView({ run, onOpenStep }: ReportViewProps) {
  const { language } = useLanguage();
  const { report: words } = useWords(runsWords);
  const url = `${runUrl(run.run_id)}/report`;
  const isOver = isFinal(run.state);
  const query = useGet<Report>(url, { query: { format: 'json', language }, live: !isOver, keep: true });
  const report = query.data;
  if (report === undefined)
    return query.error === null ? (
      <Loading rows={6} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    );
  return (
    <article className="report stack" lang={report.language === 'zh' ? 'zh-CN' : 'en'}>
      <header className="report-head">
        <h2 dir="auto">{report.title}</h2>
        <Downloads run_id={run.run_id} />
      </header>
      {!isOver && (
        <p className="quiet">
          <Icon name="info" size={14} /> {words.unfinished}
        </p>
      )}
      <Part title={words.summary}>
        <p className="report-summary" dir="auto">
          {report.summary}
        </p>
      </Part>
      <Left report={report} onOpenStep={onOpenStep} />
      <Done report={report} onOpenStep={onOpenStep} />
      <Seen report={report} onOpenStep={onOpenStep} />
      <Deliveries run={run} />
      <Course report={report} />
      <Links links={report.links} />
    </article>
  );
}

function Downloads({ run_id }: { readonly run_id: string }) {
  const { language } = useLanguage();
  const { report: words } = useWords(runsWords);
  const formats = [
    ['html', words.html, 'html'],
    ['text', words.text, 'txt'],
    ['json', words.json, 'json'],
  ] as const;
  return (
    <div className="row">
      <span className="quiet">{words.download}</span>
      {formats.map(([format, label, ending]) => (
        <a
          key={format}
          className="button plain s"
          href={`${path`/api/v1/runs/${run_id}/report`}?format=${format}&language=${language}`}
          download={`fixpoint-${run_id}.${ending}`}
        >
          {label}
        </a>
      ))}
    </div>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="report-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

interface PartProps {
  readonly report: Report;
  readonly onOpenStep: (step_id: string) => void;
}

function StepName({ step_id, name, onOpenStep }: { step_id: string; name: string } & Pick<PartProps, 'onOpenStep'>) {
  return (
    <button type="button" className="run-link" dir="auto" onClick={() => onOpenStep(step_id)}>
      <Said text={name} />
    </button>
  );
}

function Left({ report, onOpenStep }: PartProps) {
  const { report: words } = useWords(runsWords);
  return (
    <Part title={words.left}>
      {report.left.length === 0 ? (
        <p className="sign good">
          <Icon name="check" /> {words.nothing_left}
        </p>
      ) : (
        <ul className="report-left">
          {report.left.map(({ step_id, reason, text }, index) => (
            <li key={index}>
              <Badge tone={reason === 'failed' || reason === 'not_fixed' ? 'bad' : 'warn'}>
                {words.reason[reason]}
              </Badge>
              <span dir="auto">
                <Said text={text} />{' '}
                {step_id !== null && <StepName step_id={step_id} name={step_id} onOpenStep={onOpenStep} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

function Done({ report, onOpenStep }: PartProps) {
  const { report: words, step, view } = useWords(runsWords);
  const isInDoubt = report.left.some(({ reason }) => reason === 'in_doubt');
  return (
    <Part title={words.done}>
      {report.done.length === 0 ? (
        <p className="quiet">{isInDoubt ? words.done_unknown : words.nothing_done}</p>
      ) : (
        <Table
          caption={words.done}
          head={[step.task, step.target, step.what, step.from, step.to]}
          stacks
          rows={report.done.map((deed, index) => ({
            id: `${deed.step_id}-${index}`,
            cells: [
              <span key="n" className="report-step">
                <StepName {...deed} onOpenStep={onOpenStep} />
                {deed.recorded_only && <Badge tone="info">{view.recorded_only}</Badge>}
              </span>,
              told(deed.target),
              <span key="w" className="report-cell" dir="auto">
                <Said text={deed.what} />
              </span>,
              told(deed.from),
              deed.to === '' ? null : <b>{told(deed.to)}</b>,
            ],
          }))}
        />
      )}
    </Part>
  );
}

/** Nothing where there is nothing: a phone leaves that line out. */
function told(text: string): ReactNode {
  return text === '' ? null : (
    <span className="report-cell" dir="auto">
      {text}
    </span>
  );
}

const FIRST_SEEN = 15;
const FIRST_COURSE = 40;

/** The first of a long list, and the button that shows the rest. */
function useFirst<T>(all: readonly T[], first: number): readonly [readonly T[], ReactNode] {
  const words = useWords();
  const [isWhole, setWhole] = useState(false);
  if (isWhole || all.length <= first) return [all, null];
  const button = (
    <Button size="s" onClick={() => setWhole(true)}>
      {words.do.all} ({all.length})
    </Button>
  );
  return [all.slice(0, first), button];
}

/** Items of a list have one name: their place tells them apart. */
function named({ step_id, name }: { readonly step_id: string; readonly name: string }): string {
  return `${name} ${/\[\d+\]$/.exec(step_id)?.[0] ?? ''}`.trimEnd();
}

function Seen({ report, onOpenStep }: PartProps) {
  const { report: words } = useWords(runsWords);
  const [shown, more] = useFirst(report.seen, FIRST_SEEN);
  return (
    <Part title={words.seen}>
      {report.seen.length === 0 ? (
        <p className="quiet">{words.nothing_seen}</p>
      ) : (
        <dl className="report-seen">
          {shown.map((one, index) => (
            <div key={index}>
              <dt>
                <StepName step_id={one.step_id} name={named(one)} onOpenStep={onOpenStep} />
              </dt>
              <dd dir="auto">
                <Said text={one.text} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {more !== null && <p>{more}</p>}
    </Part>
  );
}

/** Who heard of it, and whether it arrived. */
function Deliveries({ run }: { readonly run: RunAnswer }) {
  const { report: words } = useWords(runsWords);
  const tones = { sent: 'good', retrying: 'warn', failed: 'bad' } as const;
  return (
    <Part title={words.told}>
      {run.deliveries.length === 0 ? (
        <p className="quiet">{words.not_told}</p>
      ) : (
        <ul className="report-left">
          {run.deliveries.map(({ outbox_id, kind, channel, target, state, attempts, error, at }) => (
            <li key={outbox_id}>
              <Badge tone={tones[state]}>{words.delivery[state]}</Badge>
              <span className="report-cell" dir="auto">
                {words.kind[kind]} · {channel} · {target} <When at={at} />
                {attempts > 1 && ` · ×${attempts}`}
                {error !== null && (
                  <span className="step-error">
                    {' '}
                    <Said text={error} />
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

const STEP_STATES: ReadonlySet<string> = new Set([
  ...['pending', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled', 'resolved'],
]);

function Course({ report }: { readonly report: Report }) {
  const { report: words } = useWords(runsWords);
  const [shown, more] = useFirst(report.timeline, FIRST_COURSE);
  return (
    <Part title={words.timeline}>
      <ol className="report-course">
        {shown.map(({ at, state, text }, index) => (
          <li key={index}>
            <When at={at} as="clock" inRow />
            {STEP_STATES.has(state) ? <StateSign value={state} as="icon" /> : <Icon name="dot" />}
            <span dir="auto">
              <Said text={text} />
            </span>
          </li>
        ))}
      </ol>
      {more !== null && <p>{more}</p>}
    </Part>
  );
}

function Links({ links }: { readonly links: Report['links'] }) {
  const { report: words } = useWords(runsWords);
  // The service lets only these through; what a page leads to is looked at once more.
  const safe = Object.entries(links).filter(([, href]) => /^https?:\/\//i.test(href));
  if (safe.length === 0) return null;
  return (
    <Part title={words.links}>
      <ul>
        {safe.map(([name, href]) => (
          <li key={name}>
            <a href={href} rel="noreferrer noopener" target="_blank" dir="auto">
              {name} <Icon name="link" size={13} />
            </a>
          </li>
        ))}
      </ul>
    </Part>
  );
}
