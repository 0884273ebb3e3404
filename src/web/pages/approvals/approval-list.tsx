import { useCallback, useRef } from 'react';
import type { Ref } from 'react';
import type { Approval } from '../../../domain/run/run.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import type { Page } from '../../api/pages.js';
import { useGet } from '../../api/queries.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { FilterSelect, Filters } from '../../kit/filters.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { Slashed } from '../../kit/slashed.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { oneOf } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { approvalsWords } from '../../words/approvals.js';
import { askedText, titleText } from './change-text.js';
import { WaitingApproval } from './waiting-approval.js';
import './approvals.css';

const STATES = ['approved', 'denied', 'expired', 'withdrawn'] as const;
const PARAMS = { state: oneOf(STATES) };
const MOST_WAITING = 200;
const LIVE_MS = 3_000;
const QUESTIONS = '.approval-title a';
const idOf = (approval: Approval): string => approval.approval_id;
const hrefOf = (approval: Approval): string => path`/approvals/${approval.approval_id}`;

/** What people are asked, the open questions first; then what they answered before. */
export function ApprovalList() {
  const words = useWords();
  const own = useWords(approvalsWords);
  const [filter, setFilter] = useUrlState(PARAMS);
  const waiting = useRef<HTMLUListElement>(null);
  const lead = useCallback(() => [...(waiting.current?.querySelectorAll<HTMLElement>(QUESTIONS) ?? [])], []);
  return (
    <>
      <PageHeader title={own.title} />
      <div className="stack approvals">
        <Waiting list={waiting} />
        <section className="stack">
          <div className="approvals-head">
            <h2 className="approvals-answered">{own.answered}</h2>
            <Filters active={filter.state === '' ? 0 : 1} onClear={() => setFilter({ state: '' })}>
              <FilterSelect
                label={own.state}
                value={filter.state}
                options={STATES.map((value) => ({ value, label: words.state[value] }))}
                onChange={(state) => setFilter({ state })}
              />
            </Filters>
          </div>
          <Answered state={filter.state} lead={lead} />
        </section>
      </div>
    </>
  );
}

function Waiting({ list }: { readonly list: Ref<HTMLUListElement> }) {
  const own = useWords(approvalsWords);
  const waiting = useGet<Page<Approval>>('/api/v1/approvals', {
    query: { state: 'pending', limit: MOST_WAITING },
    live: LIVE_MS,
  });
  if (waiting.data === undefined)
    return waiting.error === null ? (
      <Loading rows={3} />
    ) : (
      <ErrorState error={waiting.error} onRetry={() => void waiting.refetch()} />
    );
  const { items, next_cursor } = waiting.data;
  // Who has least time left comes first.
  const sorted = [...items].sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at));
  if (sorted.length === 0)
    return (
      <div className="panel">
        <Empty title={own.none} icon="check" tone="good">
          {own.none_hint}
        </Empty>
      </div>
    );
  return (
    <section className="stack">
      <h2>
        {own.pending} <span className="quiet number">{sorted.length}</span>
      </h2>
      <ul ref={list} className="approvals-waiting" aria-label={own.pending_label}>
        {sorted.map((approval) => (
          <WaitingApproval key={approval.approval_id} approval={approval} />
        ))}
      </ul>
      {next_cursor !== null && <p className="quiet">{own.more_wait}</p>}
    </section>
  );
}

interface AnsweredProps {
  readonly state: (typeof STATES)[number] | '';
  /** The open questions, which are walked first. */
  readonly lead: () => readonly HTMLElement[];
}

function Answered({ state, lead }: AnsweredProps) {
  const words = useWords();
  const own = useWords(approvalsWords);
  const list = usePages<Approval>('/api/v1/approvals', { query: { state }, idOf });
  const items = list.items.filter((approval) => approval.state !== 'pending');
  const columns = useColumns();
  if (list.error !== null && items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <DataList
      label={own.answered_label}
      items={items}
      idOf={idOf}
      hrefOf={hrefOf}
      columns={columns}
      card={(approval) => <Card approval={approval} />}
      isLoading={list.isLoading}
      hasMore={list.hasMore}
      isLoadingMore={list.isLoadingMore}
      onMore={list.more}
      lead={lead}
      empty={
        state === '' ? (
          <Empty title={own.none_answered} icon="approval">
            {own.none_answered_hint}
          </Empty>
        ) : (
          <Empty title={words.list.no_match} icon="filter" />
        )
      }
    />
  );
}

function useColumns(): readonly Column<Approval>[] {
  const own = useWords(approvalsWords);
  return [
    {
      key: 'what',
      title: own.what,
      width: 'minmax(12rem, 2fr)',
      cell: (approval) => (
        <span dir="auto" title={approval.plan?.target}>
          <Slashed text={titleText(approval) ?? ''} />
        </span>
      ),
    },
    { key: 'state', title: own.state, width: '8.5rem', cell: ({ state }) => <StateSign value={state} /> },
    {
      key: 'by',
      title: own.by,
      width: 'minmax(6rem, 1fr)',
      from: 900,
      cell: ({ answers }) => <span dir="auto">{answers.map(({ by }) => by).join(', ')}</span>,
    },
    {
      key: 'playbook',
      title: own.playbook,
      width: 'minmax(8rem, 1.2fr)',
      from: 1040,
      cell: ({ playbook_name }) => <span dir="auto">{playbook_name}</span>,
    },
    {
      key: 'service',
      title: own.service,
      width: 'minmax(6rem, 1fr)',
      from: 1180,
      cell: ({ service_name }) => <span dir="auto">{service_name ?? ''}</span>,
    },
    {
      key: 'asked',
      title: own.asked,
      width: '6.5rem',
      align: 'end',
      cell: ({ requested_at }) => <When at={requested_at} inRow />,
    },
  ];
}

function Card({ approval }: { readonly approval: Approval }) {
  return (
    <div className="card">
      <div className="card-top">
        <span className="truncate" dir="auto">
          {askedText(approval)}
        </span>
        <StateSign value={approval.state} />
      </div>
      <div className="card-bottom">
        <span className="truncate" dir="auto">
          {approval.service_name ?? approval.playbook_name}
        </span>
        <When at={approval.requested_at} inRow />
      </div>
    </div>
  );
}
