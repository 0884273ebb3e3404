import { useState } from 'react';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';
import { Button, LinkButton } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { Badge } from '../../kit/sign.js';
import { Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { Fold } from './fold.js';

type Evaluation = NonNullable<AlertAnswer['evaluation']>;
type RuleSaid = Evaluation['items'][number];

const AT_ONCE = 50;

interface RulesPanelProps {
  readonly alertId: string;
  readonly evaluation: Evaluation | undefined;
}

/** What every rule says of the alert: those that match with what held, the others with what did not. */
export function RulesPanel({ alertId, evaluation }: RulesPanelProps) {
  const w = useWords(alertsWords).rules;
  return (
    <section className="panel stack">
      <div className="row spread">
        <h2>{w.title}</h2>
        {evaluation !== undefined && (
          <span className="faint alert-small">
            {evaluation.by === 'decision' ? w.at_decision : w.by_now}
            {evaluation.in_force_at !== null && (
              <>
                {w.since} <When at={evaluation.in_force_at} />
                {w.since_end}
              </>
            )}
          </span>
        )}
      </div>
      {evaluation === undefined ? <Loading rows={2} /> : <Evaluated evaluation={evaluation} />}
      <Link href={`/rules?tab=explain&alert=${encodeURIComponent(alertId)}`} className="alert-small">
        {w.explain}
      </Link>
    </section>
  );
}

function Evaluated({ evaluation }: { readonly evaluation: Evaluation }) {
  const w = useWords(alertsWords).rules;
  const { items, rules } = evaluation;
  if (rules === 0)
    return (
      <div className="row">
        <p className="quiet">{w.none}</p>
        <LinkButton href="/rules" size="s">
          {w.go}
        </LinkButton>
      </div>
    );
  const matching = items.filter(({ matched }) => matched);
  const others = items.filter(({ matched }) => !matched);
  return (
    <>
      {matching.length === 0 ? <p>{w.none_matches(rules)}</p> : <RuleLines items={matching} />}
      {others.length > 0 && (
        // Where none matches, why not is the question.
        <Fold summary={w.not_matched(rules - matching.length)} open={matching.length === 0 && others.length <= 10}>
          {() => <RuleLines items={others} />}
        </Fold>
      )}
      {items.length < rules && <p className="quiet">{w.cut(items.length)}</p>}
    </>
  );
}

function RuleLines({ items }: { readonly items: readonly RuleSaid[] }) {
  const words = useWords();
  const [most, setMost] = useState(AT_ONCE);
  return (
    <>
      <ul className="alert-rules">
        {items.slice(0, most).map((rule) => (
          <RuleLine key={`${rule.rule_id}\t${rule.playbook_id}`} rule={rule} />
        ))}
      </ul>
      {items.length > most && (
        <Button size="s" tone="quiet" onClick={() => setMost(most * 4)}>
          {words.json.more(Math.min(most * 3, items.length - most))}
        </Button>
      )}
    </>
  );
}

function RuleLine({ rule }: { readonly rule: RuleSaid }) {
  const w = useWords(alertsWords).rules;
  const state = rule.chosen
    ? ({ tone: 'good', icon: 'check', text: w.chosen } as const)
    : rule.matched
      ? ({ tone: 'info', icon: 'dash', text: w.not_reached } as const)
      : ({ tone: 'calm', icon: 'cross', text: w.fails } as const);
  return (
    <li className="alert-rule">
      <div className="row">
        <Link href={path`/rules/${rule.rule_id}`} className="alert-rule-id">
          {rule.rule_id.slice(0, 120)}
        </Link>
        <Badge tone={state.tone} icon={state.icon}>
          {state.text}
        </Badge>
        <span className="quiet alert-small">
          {w.starts} <Link href={path`/playbooks/${rule.playbook_id}`}>{rule.playbook_id.slice(0, 120)}</Link>
        </span>
      </div>
      <ul className={rule.matched ? 'alert-reasons held' : 'alert-reasons failed'}>
        {rule.reasons.slice(0, 30).map((reason, index) => (
          <li key={index} dir="auto">
            <Said text={reason} most={1_000} />
          </li>
        ))}
      </ul>
    </li>
  );
}
