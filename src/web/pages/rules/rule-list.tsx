import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { LinkButton } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Filters, FilterText } from '../../kit/filters.js';
import { Link } from '../../kit/link.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { rulesWords } from '../../words/rules.js';
import { ModeSign } from '../playbooks/mode-sign.js';
import { countText } from '../../words/pair.js';
import { conditionsInOne } from './rule-texts.js';
import type { RuleRow } from './use-rules.js';

const PARAMS = { find: text() };

const idOf = ({ rule_id }: RuleRow): string => rule_id;
const hrefOf = ({ rule_id }: RuleRow): string => path`/rules/${rule_id}`;

/** The rules in the order in which they are asked, with how often each matched. */
export function RuleList() {
  const words = useWords(rulesWords);
  const common = useWords();
  const [{ find }, change] = useUrlState(PARAMS);
  const list = usePages<RuleRow>('/api/v1/rules', { query: { text: find }, idOf, limit: 200 });
  const columns = useColumns();
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <>
      <p className="quiet rules-hint">{words.list.hint}</p>
      <Filters active={Number(find !== '')} onClear={() => change({ find: '' })}>
        <FilterText label={words.list.find} value={find} onChange={(next) => change({ find: next })} />
      </Filters>
      <DataList<RuleRow>
        label={words.list.label}
        items={list.items}
        idOf={idOf}
        hrefOf={hrefOf}
        columns={columns}
        card={(rule) => <RuleCard rule={rule} />}
        rowHeight={56}
        cardHeight={76}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        isLoadingMore={list.isLoadingMore}
        onMore={list.more}
        empty={find === '' ? <NoRules /> : <Empty title={common.list.no_match} icon="filter" />}
      />
    </>
  );
}

function NoRules() {
  const words = useWords(rulesWords);
  return (
    <Empty
      title={words.list.empty}
      icon="rule"
      actions={<LinkButton href="/playbooks?tab=check&as=rules.yaml">{words.list.check}</LinkButton>}
    >
      <p>{words.list.empty_hint}</p>
    </Empty>
  );
}

function useColumns(): readonly Column<RuleRow>[] {
  const words = useWords(rulesWords);
  return [
    {
      key: 'rule',
      title: words.list.rule,
      width: 'minmax(9rem, 1.2fr)',
      cell: (rule) => (
        <span className="rule-name">
          <bdi className="truncate">{rule.rule_id}</bdi>
          {rule.description !== undefined && <bdi className="truncate rule-note">{rule.description}</bdi>}
        </span>
      ),
    },
    {
      key: 'when',
      title: words.list.when,
      width: 'minmax(12rem, 2fr)',
      cell: (rule) => {
        const text = conditionsInOne(rule, words);
        return (
          <bdi className="rule-when" title={text}>
            {text}
          </bdi>
        );
      },
    },
    {
      key: 'playbook',
      title: words.list.playbook,
      width: 'minmax(9rem, 1fr)',
      from: 860,
      cell: ({ playbook_id }) => <Link href={path`/playbooks/${playbook_id}`}>{playbook_id}</Link>,
    },
    {
      key: 'mode',
      title: words.list.mode,
      width: '6.5rem',
      from: 1100,
      cell: (rule) => <RuleMode rule={rule} />,
    },
    {
      key: 'priority',
      title: words.list.priority,
      width: '4.5rem',
      align: 'end',
      cell: ({ priority }) => <span className="number">{priority ?? 0}</span>,
    },
    {
      key: 'matched',
      title: words.list.matched,
      width: '5rem',
      align: 'end',
      cell: ({ rule_id, matched }) =>
        matched === 0 ? (
          <span className="faint number">0</span>
        ) : (
          <Link href={alertsHref(rule_id)} className="number">
            {countText(matched)}
          </Link>
        ),
    },
    {
      key: 'last',
      title: words.list.last,
      width: '6.5rem',
      align: 'end',
      from: 940,
      cell: ({ last_matched_at }) =>
        last_matched_at === null ? (
          <span className="faint">{words.list.never}</span>
        ) : (
          <When at={last_matched_at} inRow />
        ),
    },
  ];
}

/** Where the alerts are listed whose last decision was this rule's. */
export function alertsHref(rule_id: string): string {
  return `/alerts?${new URLSearchParams({ rule_id }).toString()}`;
}

/** What keeps a rule from acting, or nothing. */
export function RuleMode({ rule }: { readonly rule: Pick<RuleRow, 'enabled' | 'mode'> }) {
  const words = useWords(rulesWords);
  if (rule.enabled === false) return <Badge icon="stop">{words.list.off}</Badge>;
  return rule.mode === undefined ? null : <ModeSign mode={rule.mode} />;
}

function RuleCard({ rule }: { readonly rule: RuleRow }) {
  const words = useWords(rulesWords);
  return (
    <div className="card">
      <div className="card-top">
        <bdi className="truncate">{rule.rule_id}</bdi>
        <span className="row">
          <RuleMode rule={rule} />
          <span className="quiet number">{words.list.times(rule.matched)}</span>
        </span>
      </div>
      <div className="card-bottom">
        <bdi className="truncate">{conditionsInOne(rule, words)}</bdi>
      </div>
    </div>
  );
}
