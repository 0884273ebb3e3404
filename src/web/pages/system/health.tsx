import { useId } from 'react';
import type { ReactNode } from 'react';
import type { SystemAnswer } from '../../../domain/api/overview.js';
import { Copy } from '../../kit/copy.js';
import { Icon } from '../../kit/icon.js';
import { KeyValue } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { countText } from '../../words/pair.js';
import { Stuck } from './stuck.js';
import { useSystem } from './system.js';
import { Workers } from './workers.js';
import { Writes } from './writes.js';

/** Whether the service can keep its promises now, and what waits. */
export function HealthPanel() {
  const { data: system, error, refetch } = useSystem();
  if (system === undefined)
    return error === null ? <Loading rows={8} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <div className="stack">
      <Verdict health={system.health} />
      <Stuck stuck={system.stuck} />
      <Waiting system={system} />
      <Writes />
      <Workers workers={system.workers} />
      <About system={system} />
    </div>
  );
}

function Verdict({ health }: { readonly health: SystemAnswer['health'] }) {
  const { health: words } = useWords(systemWords);
  const bad = health.filter(({ ok }) => !ok);
  return (
    <section className={`panel system-verdict ${bad.length === 0 ? 'good' : 'bad'}`}>
      <Icon name={bad.length === 0 ? 'check' : 'bang'} size={24} />
      <div className="stack-tight">
        <h2>{bad.length === 0 ? words.ready : words.not_ready(bad.length)}</h2>
        {bad.length > 0 && <p>{words.not_ready_hint}</p>}
        <ul className="system-parts" aria-label={words.parts}>
          {health.map(({ name, ok, message }) => (
            <li key={name} className={ok ? 'system-part' : 'system-part bad'}>
              <Icon name={ok ? 'check' : 'cross'} size={14} />
              <strong>{name}</strong>
              <span dir="auto">{message}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

const MOST_COUNTED = 10_000;

function Waiting({ system }: { readonly system: SystemAnswer }) {
  const { health: words } = useWords(systemWords);
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="visually-hidden">
        {words.waiting}
      </h2>
      <dl className="system-figures">
        <Figure label={words.undecided} value={system.undecided} tone={system.undecided > 100 ? 'warn' : ''} />
        <Figure label={words.bus_lag} value={system.bus_lag} unknown={words.lag_unknown} />
        <Figure label={words.open_runs} value={system.open_runs} href="/runs">
          {system.unheld_runs > 0 && <>{words.unheld_runs(countText(system.unheld_runs))}</>}
        </Figure>
        <Figure label={words.outbox} value={system.outbox_waiting} />
        <Figure
          label={words.dead_letters}
          value={system.dead_letters}
          href="/system?tab=dead_letters"
          tone={system.dead_letters > 0 ? 'warn' : ''}
        />
      </dl>
    </section>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: number | null;
  readonly unknown?: string;
  readonly href?: string;
  readonly tone?: 'warn' | '';
  readonly children?: ReactNode;
}

function Figure({ label, value, unknown, href, tone = '', children }: FigureProps) {
  const { health: words } = useWords(systemWords);
  const number = countText(value ?? 0);
  const text = value !== null && value >= MOST_COUNTED ? words.at_most(number) : number;
  return (
    <div className={`panel system-figure ${tone}`}>
      <dt>{label}</dt>
      <dd>
        {value === null ? (
          <span className="system-unknown faint">{unknown}</span>
        ) : href === undefined ? (
          <span className="system-number number">{text}</span>
        ) : (
          <Link href={href} className="system-number number">
            {text}
          </Link>
        )}
        {children && <span className="quiet system-aside">{children}</span>}
      </dd>
    </div>
  );
}

function About({ system }: { readonly system: SystemAnswer }) {
  const { health: words } = useWords(systemWords);
  const about = useId();
  const links = useId();
  return (
    <div className="system-pair">
      <section className="panel stack" aria-labelledby={about}>
        <h2 id={about}>{words.about}</h2>
        <KeyValue
          facts={[
            {
              label: words.version,
              value: (
                <span className="row">
                  <code>{system.version}</code>
                  <Copy text={system.version} what={words.version} />
                </span>
              ),
            },
            {
              label: words.up,
              value: (
                <>
                  <Span from={system.started_at} /> <span className="faint">{words.since}</span>{' '}
                  <When at={system.started_at} as="clock" />
                </>
              ),
            },
            { label: words.roles, value: system.roles.join(', ') },
            { label: words.store, value: <Said text={system.store} /> },
          ]}
        />
      </section>
      <section className="panel stack" aria-labelledby={links}>
        <h2 id={links}>{words.links}</h2>
        <ul className="stack-tight">
          {(
            [
              ['/docs', words.docs],
              ['/openapi.json', words.openapi],
              ['/metrics', words.metrics],
            ] as const
          ).map(([href, label]) => (
            <li key={href} className="row">
              <a href={href} target="_blank" rel="noreferrer" className="system-link">
                <Icon name="link" size={14} /> {label}
              </a>
              <code className="faint">{href}</code>
              <Copy text={new URL(href, window.location.href).href} what={href} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
