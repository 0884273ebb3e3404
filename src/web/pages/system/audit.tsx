import { useMemo, useState } from 'react';
import { usePages } from '../../api/pages.js';
import { Button } from '../../kit/button.js';
import { Id } from '../../kit/copy.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Dialog } from '../../kit/dialog.js';
import { FilterSelect, FilterSince, FilterText, Filters, SPANS } from '../../kit/filters.js';
import { JsonView } from '../../kit/json-view.js';
import { KeyValue } from '../../kit/key-value.js';
import { Link } from '../../kit/link.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { oneOf, text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { systemWords } from '../../words/system.js';
import { detailsText, hrefOfTarget, isWanted } from './audit-entry.js';
import type { AuditEntry } from './audit-entry.js';

const PARAMS = { who: text(), what: text(), target: text(), since: oneOf(SPANS), find: text() };
const NO_FILTER = { who: '', what: '', target: '', since: '', find: '' } as const;
const PAGE = 200;
/** A word anywhere is looked for here: so many entries are looked through before somebody is asked. */
const LOOKED_AT_ONCE = 2_000;

/** Who did what, when. */
export function AuditPanel() {
  const { audit: words, tabs } = useWords(systemWords);
  const common = useWords();
  const [filter, setFilter] = useUrlState(PARAMS);
  const [allowed, setAllowed] = useState(LOOKED_AT_ONCE);
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const { who, what, target, since, find } = filter;
  const list = usePages<AuditEntry>('/api/v1/audit', {
    query: { who, what, target, since },
    idOf,
    limit: PAGE,
  });
  const active = Object.values(filter).filter((value) => value !== '').length;
  const items = useMemo(
    () =>
      find === '' && what === '' ? list.items : list.items.filter((entry) => isWanted(entry, { who, what, find })),
    [list.items, who, what, find],
  );
  const mayGoOn = list.hasMore && (find === '' || list.items.length < allowed);
  const columns = useColumns();
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  return (
    <div className="stack">
      <AuditFilters filter={filter} active={active} onChange={setFilter} />
      {find !== '' && !list.isLoading && (
        <p className="row quiet" role="status">
          {words.looked(list.items.length)}
          {!list.hasMore && ` (${words.all})`}
          {list.hasMore && !mayGoOn && (
            <Button size="s" onClick={() => setAllowed(list.items.length + LOOKED_AT_ONCE)}>
              {words.further}
            </Button>
          )}
        </p>
      )}
      <DataList
        label={tabs.audit}
        items={items}
        idOf={idOf}
        onOpen={setOpen}
        columns={columns}
        card={(entry) => (
          <div className="card">
            <div className="card-top">
              <Deed what={entry.what} />
              <span className="quiet">
                <When at={entry.at} inRow />
              </span>
            </div>
            <div className="card-bottom">
              <span className="truncate audit-who" dir="auto">
                {entry.who}
              </span>
              <span className="truncate" dir="auto">
                {detailsText(entry.details)}
              </span>
            </div>
          </div>
        )}
        isLoading={list.isLoading || (items.length === 0 && list.isLoadingMore)}
        hasMore={mayGoOn}
        isLoadingMore={list.isLoadingMore}
        onMore={list.more}
        empty={
          active > 0 ? (
            <Empty
              title={common.list.no_match}
              icon="filter"
              actions={<Button onClick={() => setFilter(NO_FILTER)}>{common.do.clear}</Button>}
            />
          ) : (
            <Empty title={words.none} icon="user">
              <p>{words.none_hint}</p>
            </Empty>
          )
        }
      />
      <Dialog open={open !== null} onClose={() => setOpen(null)} as="drawer" title={words.details}>
        {open !== null && <Entry entry={open} />}
      </Dialog>
    </div>
  );
}

function idOf({ audit_id }: AuditEntry): string {
  return audit_id;
}

interface AuditFiltersProps {
  readonly filter: { readonly [K in keyof typeof PARAMS]: (typeof PARAMS)[K]['fallback'] };
  readonly active: number;
  readonly onChange: (change: Partial<AuditFiltersProps['filter']>) => void;
}

function AuditFilters({ filter, active, onChange }: AuditFiltersProps) {
  const { audit: words } = useWords(systemWords);
  const deeds = Object.entries(words.deeds).map(([value, label]) => ({ value, label }));
  return (
    <Filters
      active={active}
      onClear={() => onChange(NO_FILTER)}
      more={
        <>
          <FilterText
            label={words.any_target}
            placeholder={words.target_hint}
            value={filter.target}
            onChange={(target) => onChange({ target })}
          />
          <FilterText
            label={words.find}
            placeholder={words.find_hint}
            value={filter.find}
            onChange={(find) => onChange({ find })}
          />
        </>
      }
    >
      <FilterText
        label={words.any_who}
        placeholder={words.contains}
        value={filter.who}
        onChange={(who) => onChange({ who })}
      />
      <FilterSelect
        label={words.any_what}
        value={filter.what}
        options={deeds}
        onChange={(what) => onChange({ what })}
      />
      <FilterSince value={filter.since} onChange={(since) => onChange({ since })} />
    </Filters>
  );
}

/** What was done, in words; what a newer service does, as it says it. */
function Deed({ what }: { readonly what: string }) {
  const { audit: words } = useWords(systemWords);
  const deeds: Readonly<Record<string, string>> = words.deeds;
  return (
    <span className="truncate" title={what}>
      {Object.hasOwn(deeds, what) ? deeds[what] : what}
    </span>
  );
}

function Target({ entry }: { readonly entry: AuditEntry }) {
  const href = hrefOfTarget(entry);
  if (entry.target === null) return <span className="faint">–</span>;
  const id = (
    <code className="truncate" dir="auto">
      {entry.target}
    </code>
  );
  return href === null ? id : <Link href={href}>{id}</Link>;
}

function useColumns(): readonly Column<AuditEntry>[] {
  const { audit: words } = useWords(systemWords);
  return useMemo(
    () => [
      { key: 'what', title: words.what, width: 'minmax(11rem, 19rem)', cell: ({ what }) => <Deed what={what} /> },
      { key: 'who', title: words.who, width: 'minmax(6rem, 10rem)', cell: ({ who }) => <span dir="auto">{who}</span> },
      { key: 'on', title: words.on, width: '16rem', from: 1_000, cell: (entry) => <Target entry={entry} /> },
      {
        key: 'details',
        title: words.details,
        width: 'minmax(8rem, 1fr)',
        cell: ({ details }) => (
          <span className="quiet" dir="auto">
            {detailsText(details)}
          </span>
        ),
      },
      {
        key: 'at',
        title: words.at,
        width: '7rem',
        align: 'end',
        cell: ({ at }) => <When at={at} inRow />,
      },
    ],
    [words],
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { audit: words } = useWords(systemWords);
  return (
    <>
      <KeyValue
        facts={[
          { label: words.at, value: <When at={entry.at} as="both" /> },
          { label: words.who, value: entry.who },
          { label: words.what, value: <Deed what={entry.what} /> },
          {
            label: words.on,
            value:
              entry.target === null ? null : hrefOfTarget(entry) === null ? (
                <Id id={entry.target} what={words.on} />
              ) : (
                <Target entry={entry} />
              ),
          },
        ]}
      />
      <JsonView value={entry.details} label={words.details} open={4} />
    </>
  );
}
