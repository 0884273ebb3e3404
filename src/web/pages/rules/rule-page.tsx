import { path } from '../../api/client.js';
import { LinkButton } from '../../kit/button.js';
import { CodeBlock } from '../../kit/code-block.js';
import { Copy } from '../../kit/copy.js';
import { KeyValue } from '../../kit/key-value.js';
import type { Fact } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { PageHeader } from '../../kit/page-header.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { ModeSign } from '../playbooks/mode-sign.js';
import { countText } from '../../words/pair.js';
import { RuleMode, alertsHref } from './rule-list.js';
import { conditionsInWords } from './rule-texts.js';
import { useRules } from './use-rules.js';
import type { RuleRow } from './use-rules.js';
import { writeYaml } from './write-yaml.js';

/** One rule: what it takes, what it does then, how often it did, and how it is written. */
export function RulePage({ id }: { readonly id: string }) {
  const words = useWords(rulesWords);
  const { data, error, refetch } = useRules({ rule_id: id });
  const found = data?.items[0];
  const back = { href: '/rules', label: words.title };
  if (found !== undefined) return <Known rule={found} />;
  return (
    <>
      <PageHeader title={id} back={back} />
      {data === undefined ? (
        error === null ? (
          <Loading rows={8} />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Empty
          title={words.one.missing(id)}
          icon="question"
          actions={<LinkButton href="/rules">{words.one.all}</LinkButton>}
        >
          <p>{words.one.missing_hint}</p>
        </Empty>
      )}
    </>
  );
}

function Known({ rule }: { readonly rule: RuleRow }) {
  const words = useWords(rulesWords);
  const { place, matched, last_matched_at, ...written } = rule;
  const conditions = conditionsInWords(rule, words);
  const query = new URLSearchParams({ tab: 'explain', rule: rule.rule_id }).toString();
  return (
    <>
      <PageHeader
        title={rule.rule_id}
        back={{ href: '/rules', label: words.title }}
        meta={
          <>
            <RuleMode rule={rule} />
            <Copy text={rule.rule_id} what={words.one.id} />
          </>
        }
        actions={<LinkButton href={`/rules?${query}`}>{words.one.explain}</LinkButton>}
      />
      <div className="stack">
        {rule.description !== undefined && <p dir="auto">{rule.description}</p>}
        {rule.enabled === false && <p className="rule-disabled">{words.one.disabled}</p>}
        <section className="panel rule-figures">
          <div>
            <span className="quiet">{words.one.matched}</span>
            <strong className="number">{countText(matched)}</strong>
            <span className="faint">{matched === 1 ? words.one.matched_hint_one : words.one.matched_hint}</span>
          </div>
          <div>
            <span className="quiet">{words.one.last}</span>
            <strong>
              {last_matched_at === null ? (
                <span className="faint">{words.list.never}</span>
              ) : (
                <When at={last_matched_at} />
              )}
            </strong>
            <Link href={alertsHref(rule.rule_id)}>{words.one.alerts}</Link>
          </div>
          <div>
            <span className="quiet">{words.one.place_label}</span>
            <strong className="number">{countText(place)}</strong>
            <span className="faint">
              {words.one.priority} {rule.priority ?? 0}
            </span>
          </div>
        </section>
        <div className="rule-parts">
          <section className="panel stack">
            <h2>{conditions.length === 0 ? words.one.when_all : words.one.when}</h2>
            <ul className="rule-conditions">
              {conditions.map((text) => (
                <li key={text} dir="auto">
                  {text}
                </li>
              ))}
            </ul>
          </section>
          <section className="panel stack">
            <h2>{words.one.then}</h2>
            <KeyValue facts={useConsequences(rule)} />
          </section>
        </div>
        <h2>{words.one.source}</h2>
        {rule.rule_id.includes('#') && <p className="quiet">{words.one.from_playbook}</p>}
        <CodeBlock code={writeYaml([written])} label={words.one.source} />
      </div>
    </>
  );
}

function useConsequences(rule: RuleRow): readonly Fact[] {
  const { one: words } = useWords(rulesWords);
  const { rate_limit, group_by, set, metric_query } = rule;
  return [
    {
      label: words.starts,
      value: (
        <Link href={path`/playbooks/${rule.playbook_id}`}>
          <strong>{rule.playbook_id}</strong>
        </Link>
      ),
    },
    {
      label: words.mode,
      value:
        rule.mode === undefined ? (
          words.mode_own
        ) : (
          <>
            <ModeSign mode={rule.mode} /> <span className="quiet">{words.mode_stricter}</span>
          </>
        ),
    },
    {
      label: words.cooldown,
      value: rule.cooldown === undefined ? words.cooldown_none : words.cooldown_is(rule.cooldown),
    },
    ...(rate_limit === undefined
      ? []
      : [{ label: words.rate_limit, value: words.rate_is(rate_limit.max_runs, rate_limit.per) }]),
    {
      label: words.group,
      value: group_by === undefined ? words.group_default : words.group_by(group_by.join(', ')),
    },
    ...(rule.group_wait === undefined ? [] : [{ label: words.group_wait, value: rule.group_wait }]),
    ...(rule.group_interval === undefined
      ? []
      : [{ label: words.group_interval, value: words.group_interval_is(rule.group_interval) }]),
    { label: words.continue, value: rule.continue === true ? words.continue_is : words.continue_not },
    ...(set === undefined ? [] : [{ label: words.set, value: <Yaml value={set} /> }]),
    ...(metric_query === undefined ? [] : [{ label: words.metric_query, value: <Yaml value={metric_query} /> }]),
  ];
}

function Yaml({ value }: { readonly value: unknown }) {
  return <code className="rule-yaml">{writeYaml(value)}</code>;
}
