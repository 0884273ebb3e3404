import { useId } from 'react';
import type { ReactNode } from 'react';
import type { NotifierAnswer } from '../../../domain/api/connection.js';
import type { ExecutorAnswer } from '../../../domain/api/system.js';
import { path } from '../../api/client.js';
import type { Page } from '../../api/pages.js';
import { useGet } from '../../api/queries.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { Marked } from '../../kit/marked.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { ConnectionRow } from './connection-row.js';
import { useChecks } from './checks.js';
import type { Checks } from './checks.js';

/** What Fixpoint talks to, and whether it answers. */
export function ConnectionsPanel() {
  const { connections: words } = useWords(systemWords);
  const executors = useGet<Page<ExecutorAnswer>>('/api/v1/executors', { query: { limit: 200 } });
  const notifiers = useGet<Page<NotifierAnswer>>('/api/v1/notifiers');
  const may = useMay('operate');
  const checks = useChecks();
  const failed = executors.error ?? notifiers.error;
  if (failed !== null)
    return (
      <ErrorState
        error={failed}
        onRetry={() => {
          void executors.refetch();
          void notifiers.refetch();
        }}
      />
    );
  if (executors.data === undefined || notifiers.data === undefined) return <Loading rows={8} />;
  const kinds = executors.data.items;
  const channels = notifiers.data.items;
  const all = [
    ...channels.map(({ name }) => addressOf.notifier(name)),
    ...kinds.map(({ kind }) => addressOf.executor(kind)),
  ];
  return (
    <div className="stack">
      {may && (
        <div className="row spread">
          <p className="quiet">{words.hint}</p>
          <Button icon="retry" busy={checks.isBusy} onClick={() => void checks.runAll(all)}>
            {checks.isBusy ? words.testing : words.test_all}
          </Button>
        </div>
      )}
      <Notifiers channels={channels} checks={checks} />
      <Executors kinds={kinds} checks={checks} />
    </div>
  );
}

const addressOf = {
  notifier: (name: string): string => path`/api/v1/notifiers/${name}/check`,
  executor: (kind: string): string => path`/api/v1/executors/${kind}/check`,
};

function Part({
  title,
  count,
  children,
}: {
  readonly title: string;
  readonly count: number;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className="panel flush" aria-labelledby={id}>
      <div className="system-part-head">
        <h2 id={id}>
          {title} <span className="faint number">{count}</span>
        </h2>
      </div>
      {children}
    </section>
  );
}

function Notifiers({ channels, checks }: { readonly channels: readonly NotifierAnswer[]; readonly checks: Checks }) {
  const { connections: words } = useWords(systemWords);
  return (
    <Part title={words.notifiers} count={channels.length}>
      {channels.length === 0 ? (
        <Empty title={words.no_notifiers} icon="silence">
          <p>
            <Marked text={words.no_notifiers_hint} />
          </p>
        </Empty>
      ) : (
        <ul>
          {channels.map((channel) => (
            <ConnectionRow
              key={channel.name}
              name={channel.name}
              detail={null}
              badge={
                channel.default && (
                  <span title={words.default_hint}>
                    <Badge tone="info">{words.default}</Badge>
                  </span>
                )
              }
              address={addressOf.notifier(channel.name)}
              checks={checks}
            />
          ))}
        </ul>
      )}
    </Part>
  );
}

function Executors({ kinds, checks }: { readonly kinds: readonly ExecutorAnswer[]; readonly checks: Checks }) {
  const { connections: words } = useWords(systemWords);
  const { effect: effects } = useWords();
  return (
    <Part title={words.executors} count={kinds.length}>
      <ul>
        {kinds.map(({ kind, title, effect }) => (
          <ConnectionRow
            key={kind}
            name={kind}
            detail={title}
            badge={
              <Badge tone={effect === 'write' ? 'warn' : 'calm'}>
                {effect === null ? words.decides : effects[effect]}
              </Badge>
            }
            address={addressOf.executor(kind)}
            checks={checks}
          />
        ))}
      </ul>
    </Part>
  );
}
