import type { ReactNode } from 'react';
import type { ConnectionLine } from '../../../domain/api/connection.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { Icon } from '../../kit/icon.js';
import { Said } from '../../kit/said.js';
import { Badge } from '../../kit/sign.js';
import { ErrorNote } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import type { Check, Checks } from './checks.js';

interface ConnectionRowProps {
  readonly name: string;
  readonly detail: string | null;
  readonly badge: ReactNode;
  readonly address: string;
  readonly checks: Checks;
}

/** One executor or notifier: what it is, a way to test it, and what the test has found. */
export function ConnectionRow({ name, detail, badge, address, checks }: ConnectionRowProps) {
  const { connections: words } = useWords(systemWords);
  const may = useMay('operate');
  const check = checks.of(address);
  return (
    <li className="system-connection">
      <div className="system-connection-head">
        <div className="system-connection-name">
          <strong className="mono">{name}</strong>
          {detail !== null && detail !== name && (
            <span className="quiet">
              <Said text={detail} />
            </span>
          )}
        </div>
        {badge}
        <span className="system-connection-end">
          <Verdict check={check} />
          {may && (
            <Button
              size="s"
              busy={check?.state === 'under_way'}
              aria-label={`${words.test}: ${name}`}
              onClick={() => void checks.run(address)}
            >
              {words.test}
            </Button>
          )}
        </span>
      </div>
      <div role="status">{check !== null && <Found check={check} />}</div>
    </li>
  );
}

function Verdict({ check }: { readonly check: Check | null }) {
  const { connections: words } = useWords(systemWords);
  if (check === null || check.state === 'under_way')
    return <span className="faint">{check === null ? words.untested : words.testing}</span>;
  if (check.state === 'refused') return null;
  const { items } = check.checks;
  if (items.length === 0) return <Badge>{words.nothing}</Badge>;
  const bad = items.filter(({ ok }) => !ok).length;
  return bad === 0 ? (
    <Badge tone="good" icon="check">
      {words.ok}
    </Badge>
  ) : (
    <Badge tone="bad" icon="cross">
      {items.length === 1 ? words.failed : words.some_bad(bad, items.length)}
    </Badge>
  );
}

function Found({ check }: { readonly check: Check }) {
  const { connections: words } = useWords(systemWords);
  if (check.state === 'under_way') return null;
  if (check.state === 'refused') return <ErrorNote error={check.error} />;
  const { items, message } = check.checks;
  return (
    <div className="system-found">
      {message !== null && (
        <p className="quiet" dir="auto">
          <Said text={message} />
        </p>
      )}
      {items.map((line, index) => (
        <Line key={index} line={line} />
      ))}
      {items.length > 0 && (
        <p className="faint">
          {words.tested} <When at={check.at} />
        </p>
      )}
    </div>
  );
}

function Line({ line }: { readonly line: ConnectionLine }) {
  const { connections: words } = useWords(systemWords);
  const { name, target, ok, message, required } = line;
  return (
    <div className={ok ? 'system-line' : 'system-line bad'}>
      <Icon name={ok ? 'check' : 'cross'} size={14} />
      <div>
        <span className="row">
          <strong>{name}</strong>
          {target !== '' && (
            <code className="quiet" dir="auto">
              {target}
            </code>
          )}
          {required && <Badge>{words.required}</Badge>}
        </span>
        <p dir="auto">
          <Said text={message} />
        </p>
      </div>
    </div>
  );
}
