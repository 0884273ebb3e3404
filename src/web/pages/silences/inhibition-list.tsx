import { useMemo } from 'react';
import type { InhibitRuleAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { Marked } from '../../kit/marked.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatchersText } from './matchers-text.js';

/** The inhibition rules in force: those of the file first. */
export function InhibitionList() {
  const w = useWords(silencesWords);
  const list = usePages<InhibitRuleAnswer>('/api/v1/inhibit_rules', { idOf });
  const columns = useColumns();
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <DataList
      label={w.tabs.inhibition}
      items={list.items}
      idOf={idOf}
      hrefOf={hrefOf}
      columns={columns}
      card={card}
      isLoading={list.isLoading}
      hasMore={list.hasMore}
      isLoadingMore={list.isLoadingMore}
      onMore={list.more}
      empty={
        <Empty title={w.list.inhibition_none} icon="silence">
          <Marked text={w.list.inhibition_none_hint} />
        </Empty>
      }
    />
  );
}

function idOf({ inhibit_rule_id }: InhibitRuleAnswer): string {
  return inhibit_rule_id;
}

function hrefOf({ inhibit_rule_id }: InhibitRuleAnswer): string {
  return path`/silences/inhibition/${inhibit_rule_id}`;
}

function useColumns(): readonly Column<InhibitRuleAnswer>[] {
  const { list, inhibit, one } = useWords(silencesWords);
  return useMemo(
    () => [
      {
        key: 'id',
        title: one.inhibition,
        width: 'minmax(8rem, 1fr)',
        cell: ({ inhibit_rule_id }) => inhibit_rule_id,
      },
      { key: 'state', title: list.state, width: '7rem', cell: ({ state }) => <StateSign value={state} as="text" /> },
      {
        key: 'source',
        title: inhibit.source,
        width: 'minmax(9rem, 1.4fr)',
        cell: ({ source_matchers }) => <MatchersText matchers={source_matchers} />,
      },
      {
        key: 'target',
        title: inhibit.target,
        width: 'minmax(9rem, 1.4fr)',
        cell: ({ target_matchers }) => <MatchersText matchers={target_matchers} />,
      },
      {
        key: 'equal',
        title: inhibit.equal,
        width: 'minmax(6rem, 0.8fr)',
        from: 960,
        cell: ({ equal }) => <code className="quiet">{equal.join(', ') || '–'}</code>,
      },
    ],
    [list, inhibit, one],
  );
}

function card(rule: InhibitRuleAnswer) {
  return (
    <div className="card">
      <div className="card-top">
        <span className="truncate">{rule.inhibit_rule_id}</span>
        <StateSign value={rule.state} as="text" />
      </div>
      <div className="card-bottom">
        <span className="truncate">
          <MatchersText matchers={rule.source_matchers} />
        </span>
        <span aria-hidden="true">→</span>
        <span className="truncate">
          <MatchersText matchers={rule.target_matchers} />
        </span>
      </div>
    </div>
  );
}
