import { useCallback, useMemo, useRef } from 'react';
import type { AlertAnswer } from '../../../domain/api/alert.js';
import { ApiRefusal, path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { Button, LinkButton } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { PageHeader } from '../../kit/page-header.js';
import { StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { AlertFilters } from './alert-filters.js';
import { activeCount, FILTER_PARAMS, idOf, matcherProblems, NO_FILTER, queryOf } from './alert-filter.js';
import { DecisionSign } from './decision-sign.js';
import { askEarlier } from './earlier.js';
import { useHeldHead } from './held-head.js';
import './alerts.css';

/** Beyond this many pixels of scrolling somebody is reading: what is new waits above. */
const READING_PX = 40;

/** Every alert, newest first, by any of its fields. */
export function AlertList() {
  const w = useWords(alertsWords);
  const [filter, setFilter] = useUrlState(FILTER_PARAMS);
  const alerts = usePages<AlertAnswer>('/api/v1/alerts', { query: queryOf(filter), idOf });
  const active = activeCount(filter);
  const { error } = alerts;
  const problems = error instanceof ApiRefusal ? matcherProblems(filter.matcher, error.message) : {};
  return (
    <>
      <PageHeader title={w.title} />
      <AlertFilters
        filter={filter}
        active={active}
        problems={problems}
        onChange={setFilter}
        onClear={() => setFilter(NO_FILTER)}
      />
      {error !== null && alerts.items.length === 0 ? (
        <NotLoaded error={error} isMatcher={Object.keys(problems).length > 0} onRetry={alerts.retry} />
      ) : (
        <Rows key={JSON.stringify(filter)} alerts={alerts} filtered={active > 0} onClear={() => setFilter(NO_FILTER)} />
      )}
    </>
  );
}

interface RowsProps {
  readonly alerts: ReturnType<typeof usePages<AlertAnswer>>;
  readonly filtered: boolean;
  readonly onClear: () => void;
}

function Rows({ alerts, filtered, onClear }: RowsProps) {
  const w = useWords(alertsWords);
  const words = useWords();
  const area = useRef<HTMLDivElement>(null);
  const isHeld = useCallback(
    () => window.scrollY > READING_PX || area.current?.matches(':hover, :focus-within') === true,
    [],
  );
  const { shown, fresh, take } = useHeldHead(alerts.items, idOf, isHeld);
  const columns = useColumns();
  function takeAll(): void {
    take();
    window.scrollTo(0, 0);
  }
  return (
    <>
      <div className="alerts-fresh" role="status">
        {fresh > 0 && (
          <Button size="s" icon="up" onClick={takeAll}>
            {words.list.fresh(fresh)}
          </Button>
        )}
      </div>
      <div ref={area}>
        <DataList
          label={w.title}
          items={shown}
          idOf={idOf}
          columns={columns}
          hrefOf={hrefOf}
          ahead={askEarlier}
          card={card}
          isLoading={alerts.isLoading}
          hasMore={alerts.hasMore}
          isLoadingMore={alerts.isLoadingMore}
          onMore={alerts.more}
          empty={<NoAlerts filtered={filtered} onClear={onClear} />}
        />
      </div>
    </>
  );
}

interface NotLoadedProps {
  readonly error: unknown;
  /** It is a matcher, which says so itself. */
  readonly isMatcher: boolean;
  readonly onRetry: () => void;
}

function NotLoaded({ error, isMatcher, onRetry }: NotLoadedProps) {
  const w = useWords(alertsWords).list;
  if (!isMatcher) return <ErrorState error={error} onRetry={onRetry} />;
  return (
    <Empty title={w.bad_matcher} icon="filter">
      {w.bad_matcher_hint}
    </Empty>
  );
}

function NoAlerts({ filtered, onClear }: { readonly filtered: boolean; readonly onClear: () => void }) {
  const w = useWords(alertsWords).list;
  const words = useWords();
  if (filtered)
    return (
      <Empty title={words.list.no_match} icon="filter" actions={<Button onClick={onClear}>{words.do.clear}</Button>}>
        {w.no_match}
      </Empty>
    );
  return (
    <Empty title={w.none_title} icon="alert" actions={<LinkButton href="/">{w.none_go}</LinkButton>}>
      {w.none}
    </Empty>
  );
}

function hrefOf({ alert_id }: AlertAnswer): string {
  return path`/alerts/${alert_id}`;
}

/** The columns of any list of alerts. */
function useColumns(): readonly Column<AlertAnswer>[] {
  const w = useWords(alertsWords).list;
  return useMemo(
    () => [
      {
        key: 'name',
        title: w.name,
        width: 'minmax(13rem, 2.4fr)',
        cell: (alert) => (
          <span className="alerts-name">
            <StateSign of="severity" value={alert.severity} as="icon" />
            <span className="truncate" dir="auto" title={alert.description.slice(0, 500)}>
              {alert.alert_name.slice(0, 300)}
            </span>
          </span>
        ),
      },
      {
        key: 'service',
        title: w.service,
        width: 'minmax(7rem, 1.2fr)',
        cell: ({ service_name }) =>
          service_name === null ? (
            <span className="faint">–</span>
          ) : (
            <bdi className="alerts-service">{service_name.slice(0, 200)}</bdi>
          ),
      },
      {
        key: 'status',
        title: w.status,
        width: '6rem',
        cell: ({ status }) => <StateSign value={status} as="text" />,
      },
      {
        key: 'decision',
        title: w.decision,
        width: 'minmax(7rem, 1fr)',
        cell: ({ decision }) => <DecisionSign decision={decision} />,
      },
      {
        key: 'source',
        title: w.source,
        width: '8rem',
        from: 1_040,
        cell: ({ source_system }) => <bdi className="quiet">{source_system.slice(0, 100)}</bdi>,
      },
      {
        key: 'received',
        title: w.received,
        width: '6rem',
        align: 'end',
        cell: ({ received_at }) => <When at={received_at} inRow />,
      },
    ],
    [w],
  );
}

function card(alert: AlertAnswer) {
  return (
    <div className="card">
      <div className="card-top">
        <span className="alerts-name">
          <StateSign of="severity" value={alert.severity} as="icon" />
          <span className="truncate" dir="auto">
            {alert.alert_name.slice(0, 200)}
          </span>
        </span>
        <When at={alert.received_at} inRow />
      </div>
      <div className="card-bottom">
        <StateSign value={alert.status} as="text" />
        {alert.service_name !== null && <bdi className="truncate">{alert.service_name.slice(0, 100)}</bdi>}
        <span className="alerts-card-end">
          <DecisionSign decision={alert.decision} />
        </span>
      </div>
    </div>
  );
}
