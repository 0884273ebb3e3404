import { useEffect } from 'react';
import type { RunListItem } from '../../../domain/api/run.js';
import type { RunState } from '../../../domain/run/run.js';
import type { Ask } from '../../api/ahead.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { LinkButton } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { FilterSelect, FilterSince, FilterText, Filters, SPANS } from '../../kit/filters.js';
import { whenIdle } from '../../kit/idle.js';
import { PageHeader } from '../../kit/page-header.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { oneOf, text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { Progress } from './progress.js';
import { preloadGraph } from './steps-view.js';
import './run-list.css';

const STATES = ['pending', 'running', 'waiting', 'paused', 'succeeded', 'failed', 'cancelled'] satisfies RunState[];
const PARAMS = { state: oneOf(STATES), playbook: text(), service: text(), since: oneOf(SPANS) };
const idOf = (run: RunListItem): string => run.run_id;
const hrefOf = (run: RunListItem): string => path`/runs/${run.run_id}`;

/** The graph of a run is drawn from the playbook as it was then. */
function ahead({ playbook_id, playbook_version }: RunListItem, ask: Ask): void {
  preloadGraph();
  ask(path`/api/v1/playbooks/${playbook_id}/versions/${playbook_version}`);
}

/** Every run, newest first, filtered by what stands in the address. */
export function RunList() {
  const words = useWords();
  const own = useWords(runsWords);
  const [filter, setFilter] = useUrlState(PARAMS);
  const active = Object.values(filter).filter((value) => value !== '').length;
  const runs = usePages<RunListItem>('/api/v1/runs', {
    query: {
      state: filter.state,
      playbook_id: filter.playbook,
      service_name: filter.service,
      since: filter.since,
      progress: true,
    },
    idOf,
  });
  const columns = useColumns();
  useEffect(() => whenIdle(preloadGraph), []);
  return (
    <>
      <PageHeader title={own.title} />
      <div className="stack">
        <Filters
          active={active}
          onClear={() => setFilter({ state: '', playbook: '', service: '', since: '' })}
          more={
            <>
              <FilterText
                label={own.list.all_playbooks}
                value={filter.playbook}
                onChange={(playbook) => setFilter({ playbook })}
              />
              <FilterText
                label={own.list.service}
                value={filter.service}
                onChange={(service) => setFilter({ service })}
              />
              <FilterSince value={filter.since} onChange={(since) => setFilter({ since })} />
            </>
          }
        >
          <FilterSelect
            label={own.list.state}
            value={filter.state}
            options={STATES.map((value) => ({ value, label: words.state[value] }))}
            onChange={(state) => setFilter({ state })}
          />
        </Filters>
        {runs.error !== null && runs.items.length === 0 ? (
          <ErrorState error={runs.error} onRetry={runs.retry} />
        ) : (
          <DataList
            label={own.list.label}
            items={runs.items}
            idOf={idOf}
            hrefOf={hrefOf}
            ahead={ahead}
            columns={columns}
            card={(run) => <Card run={run} />}
            rowHeight={44}
            isLoading={runs.isLoading}
            hasMore={runs.hasMore}
            isLoadingMore={runs.isLoadingMore}
            onMore={runs.more}
            empty={<NoRuns isFiltered={active > 0} />}
          />
        )}
      </div>
    </>
  );
}

function useColumns(): readonly Column<RunListItem>[] {
  const { list } = useWords(runsWords);
  return [
    { key: 'run', title: list.run, width: 'minmax(12rem, 2.2fr)', cell: (run) => <Name run={run} /> },
    { key: 'state', title: list.state, width: '8.5rem', cell: (run) => <StateSign value={run.state} /> },
    { key: 'progress', title: list.progress, width: '9.5rem', cell: (run) => <Fate run={run} /> },
    {
      key: 'service',
      title: list.service,
      width: 'minmax(7rem, 1fr)',
      from: 1000,
      cell: (run) => <span dir="auto">{run.service_name ?? ''}</span>,
    },
    {
      key: 'alert',
      title: list.alert,
      width: 'minmax(8rem, 1.4fr)',
      from: 1180,
      cell: (run) => <span dir="auto">{run.alert?.alert_name ?? list.by_hand}</span>,
    },
    {
      key: 'took',
      title: list.took,
      width: '6rem',
      align: 'end',
      from: 860,
      cell: (run) => <Span from={run.started_at} to={run.finished_at} />,
    },
    {
      key: 'began',
      title: list.started,
      width: '6.5rem',
      align: 'end',
      cell: (run) => <When at={run.created_at} inRow />,
    },
  ];
}

function Name({ run }: { readonly run: RunListItem }) {
  const words = useWords();
  return (
    <span className="run-name">
      <span className="truncate" dir="auto" title={run.playbook_name}>
        {run.playbook_name}
      </span>
      {run.dry_run && <Badge>{words.dry_run}</Badge>}
    </span>
  );
}

/** How far it is, or what it came to. */
function Fate({ run }: { readonly run: RunListItem }) {
  if (run.outcome !== null) return <StateSign of="outcome" value={run.outcome} as="text" />;
  const { progress } = run;
  if (progress === undefined || run.finished_at !== null) return <span className="faint">–</span>;
  return <Progress {...progress} />;
}

function Card({ run }: { readonly run: RunListItem }) {
  const { list } = useWords(runsWords);
  return (
    <div className="card">
      <div className="card-top">
        <Name run={run} />
        <StateSign value={run.state} />
      </div>
      <div className="card-bottom">
        <span className="truncate" dir="auto">
          {run.service_name ?? run.alert?.alert_name ?? list.by_hand}
        </span>
        {run.outcome !== null && <StateSign of="outcome" value={run.outcome} as="icon" />}
        <When at={run.created_at} inRow />
      </div>
    </div>
  );
}

function NoRuns({ isFiltered }: { readonly isFiltered: boolean }) {
  const words = useWords();
  const { list } = useWords(runsWords);
  if (isFiltered)
    return (
      <Empty title={words.list.no_match} icon="filter">
        {list.no_match_hint}
      </Empty>
    );
  return (
    <Empty
      title={list.empty}
      icon="run"
      actions={
        <>
          <LinkButton href="/playbooks">{list.to_playbooks}</LinkButton>
          <LinkButton href="/alerts">{list.to_alerts}</LinkButton>
        </>
      }
    >
      {list.empty_hint}
    </Empty>
  );
}
