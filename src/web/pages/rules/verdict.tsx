import { useState } from 'react';
import type { z } from 'zod';
import type { Explanation } from '../../../domain/api/rule.js';
import type { RuleExplanation } from '../../../domain/decision/decision.js';
import { path } from '../../api/client.js';
import { Button } from '../../kit/button.js';
import { FilterText } from '../../kit/filters.js';
import { Link } from '../../kit/link.js';
import { Said } from '../../kit/said.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { countText } from '../../words/pair.js';

type Told = z.infer<typeof Explanation>;
type RuleTold = z.infer<typeof RuleExplanation>;

const AT_ONCE = 50;

/** What would come of an alert: in a sentence, then by what, then what every rule says. */
export function Verdict({ explanation }: { readonly explanation: Told }) {
  const { explain: words } = useWords(rulesWords);
  const { items, rules, held_by, not_looked_at } = explanation;
  const matching = items.filter(({ matched }) => matched);
  const others = items.filter(({ matched }) => !matched);
  return (
    <>
      <Decision explanation={explanation} />
      <Way stages={explanation.stages} />
      {held_by.length > 0 && (
        <section className="backtest-part">
          <h2>{words.held}</h2>
          <ul className="explain-rules">
            {held_by.map((held, index) => (
              <li key={index}>
                <Held held={held} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="backtest-part">
        <h2>{matching.length === 0 ? words.none : words.taken}</h2>
        {matching.length > 0 && <Rules rules={matching} />}
      </section>
      {others.length > 0 && <Others rules={others} />}
      {items.length < rules && <p className="quiet">{words.omitted(countText(items.length), countText(rules))}</p>}
      {not_looked_at.length > 0 && (
        <section className="backtest-part">
          <h2>{words.not_looked_at}</h2>
          <ul className="explain-unseen quiet">
            {not_looked_at.map((unseen) => (
              <li key={unseen} dir="auto">
                <Said text={unseen} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Decision({ explanation: { decision } }: { readonly explanation: Told }) {
  const common = useWords();
  const { explain: words } = useWords(rulesWords);
  const { action, reason, playbook_ids, playbook_id, rule_id, until } = decision;
  const playbooks = playbook_ids.length > 0 ? playbook_ids : playbook_id === null ? [] : [playbook_id];
  return (
    <section className="panel explain-verdict">
      <h2>
        {words.would[action]} <StateSign of="action" value={action} />
        {reason !== null && <Badge>{common.decision_reason[reason]}</Badge>}
      </h2>
      <p dir="auto">
        <Said text={decision.explanation} />
      </p>
      {until !== null && (
        <p>
          {words.until} <When at={until} as="both" />
        </p>
      )}
      <p className="row">
        {rule_id !== null && <Link href={path`/rules/${rule_id}`}>{rule_id}</Link>}
        {playbooks.map((id) => (
          <span key={id}>
            → <Link href={path`/playbooks/${id}`}>{id}</Link>
          </span>
        ))}
      </p>
    </section>
  );
}

/** Stage by stage; those that let it pass stand back. */
function Way({ stages }: { readonly stages: Told['stages'] }) {
  const { because } = useWords();
  const { explain: words } = useWords(rulesWords);
  if (stages.length === 0) return null;
  return (
    <section className="backtest-part">
      <h2>{words.way}</h2>
      <p className="quiet">{words.way_hint}</p>
      <ol className="explain-way">
        {stages.map((stage, index) => (
          <li key={index} className={stage.verdict === 'passes' ? 'quiet' : undefined}>
            <span className="explain-stage">
              <Badge {...STAGE_SIGN[stage.verdict]}>{words.stage[stage.stage]}</Badge>
              <span className="visually-hidden">: {words.stage_verdict[stage.verdict]}</span>
            </span>
            <span dir="auto">
              {stage.rule_id !== null && <Link href={path`/rules/${stage.rule_id}`}>{stage.rule_id}</Link>}
              {stage.rule_id !== null && because('', '')}
              <Said text={stage.explanation} />
              {stage.until !== null && (
                <>
                  {' '}
                  {words.until} <When at={stage.until} as="both" />
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const STAGE_SIGN = {
  passes: { tone: 'calm', icon: 'check' },
  changes: { tone: 'info', icon: 'check' },
  drops: { tone: 'calm', icon: 'stop' },
  holds: { tone: 'warn', icon: 'pause' },
  joins: { tone: 'info', icon: 'link' },
  asks: { tone: 'warn', icon: 'approval' },
} as const;

function Held({ held }: { readonly held: Told['held_by'][number] }) {
  const common = useWords();
  const { explain: words } = useWords(rulesWords);
  return (
    <>
      <div className="explain-head">
        <Badge tone="warn" icon="pause">
          {common.decision_reason[held.reason]}
        </Badge>
        <code>{held.by}</code>
        <span className="quiet">
          {held.until !== null && (
            <>
              {words.until} <When at={held.until} as="both" />
            </>
          )}
        </span>
      </div>
      <p dir="auto">
        <Said text={held.explanation} />
      </p>
    </>
  );
}

function Others({ rules }: { readonly rules: readonly RuleTold[] }) {
  const { explain: words } = useWords(rulesWords);
  const [find, setFind] = useState('');
  const wanted = find.toLowerCase();
  const shown = rules.filter(
    ({ rule_id, playbook_id }) => rule_id.toLowerCase().includes(wanted) || playbook_id.toLowerCase().includes(wanted),
  );
  return (
    <section className="backtest-part">
      <h2>{words.others(rules.length)}</h2>
      {rules.length > 10 && <FilterText label={words.find} value={find} onChange={setFind} />}
      {shown.length === 0 ? <p className="quiet">{words.nothing}</p> : <Rules rules={shown} />}
    </section>
  );
}

function Rules({ rules }: { readonly rules: readonly RuleTold[] }) {
  const { explain: words } = useWords(rulesWords);
  const [most, setMost] = useState(AT_ONCE);
  return (
    <>
      <ul className="explain-rules">
        {rules.slice(0, most).map((rule) => (
          <li key={rule.rule_id} className={rule.chosen ? 'chosen' : ''}>
            <div className="explain-head">
              <Link href={path`/rules/${rule.rule_id}`}>
                <strong>{rule.rule_id}</strong>
              </Link>
              {rule.chosen ? (
                <Badge tone="good" icon="check">
                  {words.decides}
                </Badge>
              ) : rule.matched ? (
                <Badge tone="info" icon="check">
                  {words.matches}
                </Badge>
              ) : (
                <Badge icon="cross">{words.matches_not}</Badge>
              )}
              <Link href={path`/playbooks/${rule.playbook_id}`}>{rule.playbook_id}</Link>
            </div>
            <ul className="explain-reasons">
              {rule.reasons.map((reason, index) => (
                <li key={index} dir="auto">
                  <Said text={reason} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {rules.length > most && (
        <Button tone="quiet" onClick={() => setMost(most + 200)}>
          {words.more(Math.min(200, rules.length - most))}
        </Button>
      )}
    </>
  );
}
