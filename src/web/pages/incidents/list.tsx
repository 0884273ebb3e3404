import { useEffect, useMemo } from 'react';
import type { Incident } from '../../../domain/incident/incident.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { Button } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { PageHeader } from '../../kit/page-header.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { StateSign } from '../../kit/sign.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { worstFirst } from '../../kit/worst-first.js';
import { useOverview } from '../../shell/overview.js';
import { incidentsWords } from '../../words/incidents.js';
import { useWords } from '../../words/language.js';
import { RowClock } from './clocks.js';
import { IncidentFilters } from './list-filters.js';
import { PARAMS, isWorstFirst, queryOf } from './list-params.js';
import type { Filter } from './list-params.js';
import { PriorityMark } from '../../kit/priority-mark.js';
import './list.css';

/** So many are put in order by how bad they are; of more, those that were asked for first. */
const MOST_SORTED = 2_000;

/** Which incidents there are: what is not resolved, unless asked otherwise. */
export function IncidentList() {
  const words = useWords(incidentsWords);
  const [filter, setFilter] = useUrlState<Filter>(PARAMS);
  const list = usePages<Incident>('/api/v1/incidents', { query: queryOf(filter), idOf, limit: 200 });
  const columns = useColumns();
  const isSorted = isWorstFirst(filter);
  const items = useMemo(() => (isSorted ? worstFirst(list.items) : list.items), [isSorted, list.items]);
  // The service lists the newest first: what is worst is known only when all are.
  const isGathering = isSorted && list.hasMore && list.items.length < MOST_SORTED;
  useEffect(() => {
    if (isGathering && !list.isLoadingMore) list.more();
  });
  return (
    <>
      <PageHeader title={words.title} />
      <div className="stack">
        <IncidentFilters filter={filter} onChange={setFilter} />
        {list.error !== null && list.items.length === 0 ? (
          <ErrorState error={list.error} onRetry={list.retry} />
        ) : (
          <DataList
            label={words.title}
            items={items}
            idOf={idOf}
            hrefOf={hrefOf}
            columns={columns}
            card={(incident) => <Card incident={incident} />}
            rowHeight={56}
            cardHeight={92}
            isLoading={list.isLoading || isGathering}
            hasMore={list.hasMore}
            isLoadingMore={list.isLoadingMore}
            onMore={list.more}
            empty={<Nothing filter={filter} onChange={setFilter} />}
          />
        )}
      </div>
    </>
  );
}

function idOf({ incident_id }: Incident): string {
  return incident_id;
}

function hrefOf({ incident_id }: Incident): string {
  return path`/incidents/${incident_id}`;
}

function useColumns(): readonly Column<Incident>[] {
  const words = useWords(incidentsWords);
  return useMemo(() => {
    const { column } = words;
    return [
      {
        key: 'incident',
        title: column.incident,
        width: 'minmax(14rem, 1fr)',
        cell: (incident) => (
          <span className="incident-name">
            <PriorityMark priority={incident.priority} />
            <span className="incident-what">
              <span className="incident-title" dir="auto" title={incident.title}>
                {incident.title}
              </span>
              <span className="truncate quiet" dir="auto">
                {servicesText(incident, words)}
              </span>
            </span>
          </span>
        ),
      },
      {
        key: 'state',
        title: column.state,
        width: '8.5rem',
        cell: ({ state }) => <StateSign value={state} />,
      },
      {
        key: 'clock',
        title: column.clock,
        width: '9rem',
        cell: (incident) => <RowClock incident={incident} />,
      },
      {
        key: 'assignee',
        title: column.assignee,
        width: '7.5rem',
        from: 960,
        cell: ({ assignee }) => <Assignee assignee={assignee} />,
      },
      {
        key: 'alerts',
        title: column.alerts,
        width: '5.5rem',
        align: 'end',
        from: 1_100,
        cell: ({ firing_count, alert_count }) => (
          <span className="number">{words.firing_of(firing_count, alert_count)}</span>
        ),
      },
      {
        key: 'opened',
        title: column.opened,
        width: '6.5rem',
        align: 'end',
        cell: ({ opened_at }) => <When at={opened_at} inRow />,
      },
    ];
  }, [words]);
}

function Card({ incident }: { readonly incident: Incident }) {
  const words = useWords(incidentsWords);
  return (
    <div className="card">
      <div className="card-top">
        <PriorityMark priority={incident.priority} />
        <span className="incident-title" dir="auto">
          {incident.title}
        </span>
        <span className="quiet">
          <When at={incident.opened_at} inRow />
        </span>
      </div>
      <div className="card-bottom">
        <StateSign value={incident.state} />
        <span className="incident-card-clock">
          <RowClock incident={incident} />
        </span>
      </div>
      <div className="card-bottom">
        <span className="truncate" dir="auto">
          {servicesText(incident, words)}
        </span>
        <span className="incident-card-who truncate">
          <Assignee assignee={incident.assignee} />
        </span>
      </div>
    </div>
  );
}

function Assignee({ assignee }: { readonly assignee: string | null }) {
  const words = useWords(incidentsWords);
  return assignee === null ? <span className="faint">{words.nobody}</span> : <span dir="auto">{assignee}</span>;
}

function servicesText({ service_names }: Incident, words: { readonly no_service: string }): string {
  return service_names.length === 0 ? words.no_service : service_names.join(', ');
}

/** Nothing to see: because all is well, because the filters are narrow, or because nothing has ever happened. */
function Nothing({
  filter,
  onChange,
}: {
  readonly filter: Filter;
  readonly onChange: (change: Partial<Filter>) => void;
}) {
  const { list } = useWords(incidentsWords);
  const common = useWords();
  const { data } = useOverview();
  const { state, order: _order, ...others } = filter;
  const isNarrow = Object.values(others).some((value) => value !== '');
  if (isNarrow)
    return (
      <Empty
        title={common.list.no_match}
        icon="filter"
        actions={
          <Button onClick={() => onChange({ priority: '', severity: '', service: '', assignee: '', since: '' })}>
            {common.do.clear}
          </Button>
        }
      >
        <p>{list.no_match_hint}</p>
      </Empty>
    );
  if (state === 'unresolved' && data?.any_alerts !== false)
    return (
      <Empty
        title={list.well}
        icon="check"
        tone="good"
        actions={<Button onClick={() => onChange({ state: 'all' })}>{list.show_all}</Button>}
      >
        <p>{list.well_hint}</p>
      </Empty>
    );
  if (state !== 'unresolved' && state !== 'all')
    return (
      <Empty
        title={common.list.no_match}
        icon="filter"
        actions={<Button onClick={() => onChange({ state: 'all' })}>{common.do.clear}</Button>}
      >
        <p>{list.no_match_hint}</p>
      </Empty>
    );
  return (
    <Empty title={list.never} icon="incident">
      <p>{list.never_hint}</p>
    </Empty>
  );
}
