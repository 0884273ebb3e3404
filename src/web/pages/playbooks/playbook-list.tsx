import { useEffect } from 'react';
import type { PlaybookItem, PlaybookStats } from '../../../domain/api/playbook.js';
import type { Mode } from '../../../domain/rule/mode.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { LinkButton } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Filters, FilterSelect, FilterText } from '../../kit/filters.js';
import { whenIdle } from '../../kit/idle.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { oneOf, text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { Span, When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { countText } from '../../words/pair.js';
import { FileProblems } from './file-problems.js';
import { ModeSign } from './mode-sign.js';
import { STATS_SINCE, useStats } from './stats.js';
import { preloadGraph } from './tasks-view.js';
import './playbooks.css';

const MODES = ['auto', 'approve', 'shadow', 'off', 'default'] as const;
const PARAMS = { find: text(), mode: oneOf(MODES) };

const idOf = ({ playbook_id }: PlaybookItem): string => playbook_id;
const hrefOf = ({ playbook_id }: PlaybookItem): string => path`/playbooks/${playbook_id}`;

type Stats = PlaybookStats | null | undefined;

/** Every playbook in force with how its runs went, below what is wrong with the files on disk. */
export function PlaybookList() {
  const words = useWords(playbooksWords);
  const common = useWords();
  const [filter, setFilter] = useUrlState(PARAMS);
  const list = usePages<PlaybookItem>('/api/v1/playbooks', { idOf, limit: 200 });
  const { byId } = useStats();
  const statsOf = ({ playbook_id }: PlaybookItem): Stats => (byId === undefined ? undefined : (byId.get(playbook_id) ?? null));
  const shown = list.items.filter((item) => fits(item, filter));
  useEffect(() => whenIdle(preloadGraph), []);
  const active = Number(filter.find !== '') + Number(filter.mode !== '');
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <>
      <FileProblems />
      <Filters active={active} onClear={() => setFilter({ find: '', mode: '' })}>
        <FilterText label={words.list.find} value={filter.find} onChange={(find) => setFilter({ find })} />
        <FilterSelect<(typeof MODES)[number]>
          label={words.list.mode}
          value={filter.mode}
          options={MODES.map((mode) => ({
            value: mode,
            label: mode === 'default' ? words.mode.default : common.mode[mode],
          }))}
          onChange={(mode) => setFilter({ mode })}
        />
      </Filters>
      <DataList<PlaybookItem>
        label={words.list.label}
        items={shown}
        idOf={idOf}
        hrefOf={hrefOf}
        ahead={preloadGraph}
        columns={useColumns(statsOf)}
        card={(item) => <PlaybookCard item={item} stats={statsOf(item)} />}
        rowHeight={56}
        cardHeight={76}
        // Where a filter finds none so far, the next page may hold one.
        isLoading={list.isLoading || (shown.length === 0 && list.hasMore)}
        hasMore={list.hasMore}
        isLoadingMore={list.isLoadingMore}
        onMore={list.more}
        empty={active > 0 ? <Empty title={common.list.no_match} icon="filter" /> : <NoPlaybooks />}
      />
    </>
  );
}

function fits(item: PlaybookItem, { find, mode }: { readonly find: string; readonly mode: string }): boolean {
  if (mode !== '' && (item.mode ?? 'default') !== (mode satisfies string as Mode | 'default')) return false; // one of MODES or ''
  const wanted = find.toLowerCase();
  return wanted === '' || item.playbook_id.toLowerCase().includes(wanted) || item.name.toLowerCase().includes(wanted);
}

function NoPlaybooks() {
  const words = useWords(playbooksWords);
  return (
    <Empty
      title={words.list.empty}
      icon="playbook"
      actions={<LinkButton href="/playbooks?tab=check">{words.list.check}</LinkButton>}
    >
      <p>{words.list.empty_hint}</p>
    </Empty>
  );
}

function useColumns(statsOf: (item: PlaybookItem) => Stats): readonly Column<PlaybookItem>[] {
  const words = useWords(playbooksWords);
  return [
    {
      key: 'name',
      title: words.list.name,
      width: 'minmax(12rem, 2fr)',
      cell: ({ name, playbook_id }) => (
        <span className="playbook-name">
          <bdi className="truncate">{name}</bdi>
          {name !== playbook_id && <code className="truncate">{playbook_id}</code>}
        </span>
      ),
    },
    { key: 'mode', title: words.list.mode, width: '10.5rem', cell: ({ mode }) => <ModeSign mode={mode} /> },
    {
      key: 'tasks',
      title: words.list.tasks,
      width: '4rem',
      from: 1000,
      cell: ({ task_count }) => <span className="number">{task_count}</span>,
    },
    {
      key: 'runs',
      title: words.list.runs(words.list.days),
      width: 'minmax(9rem, 13rem)',
      cell: (item) => <Runs id={item.playbook_id} stats={statsOf(item)} />,
    },
    {
      key: 'took',
      title: words.list.took,
      width: '8rem',
      from: 1150,
      cell: (item) => {
        const ms = statsOf(item)?.median_duration_ms;
        return ms === null || ms === undefined ? <span className="faint">–</span> : <Span ms={ms} />;
      },
    },
    {
      key: 'last',
      title: words.list.last,
      width: 'minmax(9rem, 12rem)',
      from: 860,
      cell: (item) => <LastRun stats={statsOf(item)} />,
    },
  ];
}

function Runs({ id, stats }: { readonly id: string; readonly stats: Stats }) {
  const words = useWords(playbooksWords);
  if (stats === undefined) return null;
  if (stats === null) return <span className="faint">{words.list.never}</span>;
  const { succeeded = 0, failed = 0 } = stats.states;
  return (
    <Link href={runsHref(id)} className="playbook-runs number">
      <span aria-hidden="true">{countText(stats.runs)}</span>
      <span className="visually-hidden">{words.list.run_count(stats.runs)}</span>
      {succeeded > 0 && <Count state="succeeded" n={succeeded} says={words.list.ended_well(succeeded)} />}
      {failed > 0 && <Count state="failed" n={failed} says={words.list.ended_badly(failed)} />}
    </Link>
  );
}

function Count({ state, n, says }: { readonly state: 'succeeded' | 'failed'; readonly n: number; readonly says: string }) {
  return (
    <span className="playbook-count" title={says}>
      <StateSign value={state} as="icon" />
      {countText(n)}
    </span>
  );
}

/** Where the runs are listed that a playbook's figures are about. */
export function runsHref(playbook_id: string, state?: string): string {
  const params = new URLSearchParams({ playbook: playbook_id, since: STATS_SINCE, ...(state === undefined ? {} : { state }) });
  return `/runs?${params.toString()}`;
}

function LastRun({ stats }: { readonly stats: Stats }) {
  if (stats === undefined || stats === null) return stats === null ? <span className="faint">–</span> : null;
  const { run_id, state, created_at } = stats.last_run;
  return (
    <Link href={path`/runs/${run_id}`} className="playbook-last">
      <StateSign value={state} as="icon" />
      <When at={created_at} inRow />
    </Link>
  );
}

function PlaybookCard({ item, stats }: { readonly item: PlaybookItem; readonly stats: Stats }) {
  const words = useWords(playbooksWords);
  return (
    <div className="card">
      <div className="card-top">
        <bdi className="truncate">{item.name}</bdi>
        <span>
          <ModeSign mode={item.mode} />
        </span>
      </div>
      <div className="card-bottom">
        <span className="truncate">{words.list.task_count(item.task_count)}</span>
        {stats && (
          <>
            <span className="number">{words.list.run_count(stats.runs)}</span>
            <StateSign value={stats.last_run.state} as="icon" />
            <When at={stats.last_run.created_at} inRow />
          </>
        )}
      </div>
    </div>
  );
}
