import { useState } from 'react';
import type { ReactNode } from 'react';
import type { BacktestResult } from '../../../domain/api/backtest.js';
import { path } from '../../api/client.js';
import { Button } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { Empty } from '../../kit/states.js';
import { Table } from '../../kit/table.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { countText } from '../../words/pair.js';

interface TablesProps {
  readonly result: BacktestResult;
}

const AT_ONCE = 50;

/** What a backtest found: the totals, what is decided otherwise, then what it is made of. */
export function BacktestTables({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  if (result.alerts === 0)
    return (
      <Empty title={words.nothing} icon="alert">
        <p>{words.nothing_hint}</p>
      </Empty>
    );
  return (
    <div className="stack backtest-result" role="region" aria-live="polite" aria-label={words.replayed(result.alerts)}>
      <Totals result={result} />
      <Differences result={result} />
      <div className="backtest-parts">
        <Decisions result={result} />
        <Runs result={result} />
        <Targets result={result} />
        <Outcomes result={result} />
        <Budgets result={result} />
        <Depends result={result} />
      </div>
    </div>
  );
}

function Totals({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  const { alerts, different, newly_run, no_longer_run, approvals, truncated, since, until } = result;
  return (
    <section className="panel stack">
      <div className="backtest-totals">
        <Total n={different} label={words.different} tone={different > 0 ? 'warn' : 'good'} />
        <Total n={newly_run} label={words.newly} />
        <Total n={no_longer_run} label={words.no_longer} tone={no_longer_run > 0 ? 'bad' : undefined} />
        <Total
          n={approvals}
          label={approvals === 1 ? words.approvals_one : words.approvals}
          title={words.approvals_hint}
        />
      </div>
      <p className="quiet">
        {words.replayed(alerts)}
        {words.between} <When at={since} as="both" /> {words.and} <When at={until} as="both" />
        {truncated && <>. {words.truncated}</>}
      </p>
    </section>
  );
}

interface TotalProps {
  readonly n: number;
  readonly label: string;
  readonly tone?: 'good' | 'warn' | 'bad' | undefined;
  readonly title?: string;
}

function Total({ n, label, tone, title }: TotalProps) {
  return (
    <div className="backtest-total" title={title}>
      <strong className={`number ${tone ?? ''}`}>{countText(n)}</strong>
      <span className="quiet">{label}</span>
    </div>
  );
}

function Differences({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  const [most, setMost] = useState(AT_ONCE);
  const { differences, different } = result;
  return (
    <Part title={words.differences}>
      {differences.length === 0 ? (
        <p className="quiet">{words.same}</p>
      ) : (
        <>
          <Table
            caption={words.differences}
            head={[words.alert, words.received, words.was, words.now]}
            rows={differences.slice(0, most).map((one) => ({
              id: one.alert_id,
              cells: [
                <div key="alert" className="backtest-turn">
                  <Link href={path`/alerts/${one.alert_id}`}>
                    <bdi>{one.alert_name}</bdi>
                  </Link>
                  <bdi className="quiet">{one.service_name ?? words.none_service}</bdi>
                </div>,
                <When key="at" at={one.received_at} inRow />,
                <Turn key="was" told={one.was} />,
                <div key="now" className="backtest-turn why">
                  <Turn told={one.now} />
                  <span className="quiet" dir="auto">
                    <Said text={one.now.explanation} />
                  </span>
                </div>,
              ],
            }))}
          />
          {differences.length > most && (
            <Button tone="quiet" onClick={() => setMost(most + AT_ONCE)}>
              {words.more(Math.min(AT_ONCE, differences.length - most))}
            </Button>
          )}
          {different > differences.length && (
            <p className="quiet">{words.first(String(differences.length), countText(different))}</p>
          )}
        </>
      )}
    </Part>
  );
}

function Turn({ told }: { readonly told: BacktestResult['differences'][number]['was'] }) {
  const words = useWords();
  return (
    <div className="backtest-turn">
      <span className="row">
        <StateSign of="action" value={told.action} />
        {told.reason !== null && <span className="quiet">{wordOf(words.decision_reason, told.reason)}</span>}
      </span>
      {told.rule_id !== null && <Link href={path`/rules/${told.rule_id}`}>{told.rule_id}</Link>}
    </div>
  );
}

function Decisions({ result }: TablesProps) {
  const common = useWords();
  const { backtest: words } = useWords(rulesWords);
  return (
    <Part title={words.decisions}>
      <Table
        caption={words.decisions}
        head={[words.decision, words.was, words.now, words.change]}
        numbers={[1, 2, 3]}
        rows={result.decisions.map(({ action, reason, was, now }) => ({
          id: `${action} ${reason ?? ''}`,
          cells: [
            <span key="what" className="row">
              <StateSign of="action" value={action} />
              {reason !== null && wordOf(common.decision_reason, reason)}
            </span>,
            countText(was),
            countText(now),
            <Change key="change" was={was} now={now} />,
          ],
        }))}
      />
    </Part>
  );
}

function Runs({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  return (
    <Part title={words.runs}>
      {result.runs.length === 0 ? (
        <p className="quiet">{words.none}</p>
      ) : (
        <Table
          caption={words.runs}
          head={[words.playbook, words.rule, words.service, words.was, words.now, words.change]}
          numbers={[3, 4, 5]}
          rows={result.runs.slice(0, 200).map(({ playbook_id, rule_id, service_name, was, now }, index) => ({
            id: String(index),
            cells: [
              <Link key="playbook" href={path`/playbooks/${playbook_id}`}>
                {playbook_id}
              </Link>,
              rule_id === null ? words.no_rule : <Link href={path`/rules/${rule_id}`}>{rule_id}</Link>,
              <bdi key="service">{service_name ?? words.none_service}</bdi>,
              countText(was),
              countText(now),
              <Change key="change" was={was} now={now} />,
            ],
          }))}
        />
      )}
    </Part>
  );
}

function Change({ was, now }: { readonly was: number; readonly now: number }) {
  const by = now - was;
  if (by === 0) return <span className="faint">0</span>;
  return (
    <span className={`backtest-change ${by > 0 ? 'up' : 'down'}`}>
      {by > 0 ? '+' : '−'}
      {countText(Math.abs(by))}
    </span>
  );
}

function Targets({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  return (
    <Part title={words.targets}>
      {result.targets.length === 0 ? (
        <p className="quiet">{words.none}</p>
      ) : (
        <Table
          caption={words.targets}
          head={[words.target, words.kind, words.playbook, words.count]}
          numbers={[3]}
          rows={result.targets.slice(0, 200).map((one, index) => ({
            id: String(index),
            cells: [
              <bdi key="target">{one.target}</bdi>,
              <span key="kind" className="row">
                <code>{one.kind}</code>
                {one.recorded_only && <Badge tone="info">{words.recorded}</Badge>}
              </span>,
              <Link key="playbook" href={path`/playbooks/${one.playbook_id}`}>
                {one.playbook_id}
              </Link>,
              countText(one.count),
            ],
          }))}
        />
      )}
    </Part>
  );
}

function Outcomes({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  if (result.outcomes.length === 0) return null;
  return (
    <Part title={words.outcomes}>
      <Table
        caption={words.outcomes}
        head={[words.playbook, words.state, words.outcome, words.count]}
        numbers={[3]}
        rows={result.outcomes.slice(0, 200).map((one, index) => ({
          id: String(index),
          cells: [
            <Link key="playbook" href={path`/playbooks/${one.playbook_id}`}>
              {one.playbook_id}
            </Link>,
            <StateSign key="state" value={one.state} />,
            one.outcome === null ? '–' : <StateSign of="outcome" value={one.outcome} as="text" />,
            countText(one.count),
          ],
        }))}
      />
    </Part>
  );
}

function Budgets({ result }: TablesProps) {
  const common = useWords();
  const { backtest: words } = useWords(rulesWords);
  if (result.budgets.length === 0) return null;
  return (
    <Part title={words.budgets}>
      <Table
        caption={words.budgets}
        head={[words.reason, words.held_by, words.count]}
        numbers={[2]}
        rows={result.budgets.slice(0, 200).map(({ reason, by, count }, index) => ({
          id: String(index),
          cells: [wordOf(common.decision_reason, reason), <code key="by">{by ?? '–'}</code>, countText(count)],
        }))}
      />
    </Part>
  );
}

function Depends({ result }: TablesProps) {
  const { backtest: words } = useWords(rulesWords);
  if (result.depends.length === 0) return null;
  return (
    <Part title={words.depends} hint={words.depends_hint}>
      <Table
        caption={words.depends}
        head={[words.playbook, words.step, words.on, words.count]}
        numbers={[3]}
        rows={result.depends.slice(0, 200).map(({ playbook_id, step_id, on, count }, index) => ({
          id: String(index),
          cells: [
            <Link key="playbook" href={path`/playbooks/${playbook_id}`}>
              {playbook_id}
            </Link>,
            <code key="step">{step_id}</code>,
            <code key="on">{on.join(', ')}</code>,
            countText(count),
          ],
        }))}
      />
    </Part>
  );
}

interface PartProps {
  readonly title: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

function Part({ title, hint, children }: PartProps) {
  return (
    <section className="backtest-part">
      <h2>{title}</h2>
      {hint !== undefined && <p className="quiet">{hint}</p>}
      {children}
    </section>
  );
}

/** The word for what the service says; one that is not known as it came. */
function wordOf(words: Readonly<Record<string, string>>, said: string): string {
  return Object.hasOwn(words, said) ? (words[said] ?? said) : said;
}
