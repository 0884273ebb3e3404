import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { RunAnswer } from '../../../domain/api/run.js';
import type { StoredEvent } from '../../../domain/run/run.js';
import { useApi } from '../../api/context.js';
import type { Page } from '../../api/pages.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { Dialog } from '../../kit/dialog.js';
import { Checkbox } from '../../kit/field.js';
import { FilterSelect, FilterText, Filters } from '../../kit/filters.js';
import { Icon } from '../../kit/icon.js';
import { JsonView } from '../../kit/json-view.js';
import { useSaidText } from '../../kit/said.js';
import { Badge } from '../../kit/sign.js';
import { Empty, ErrorNote } from '../../kit/states.js';
import { flag, oneOf, text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { When } from '../../kit/when.js';
import { useWords } from '../../words/language.js';
import { runsWords } from '../../words/runs.js';
import { eventLine, stepOf } from './event-text.js';
import type { EventKind, EventLine } from './event-text.js';
import { isFinal, runUrl } from './run-live.js';
import type { LiveRun } from './run-live.js';
import './events.css';

const KINDS = ['steps', 'people', 'run', 'trouble'] as const satisfies readonly EventKind[];
const PARAMS = { about: text(), kind: oneOf(KINDS), newest: flag() };

interface EventsProps {
  readonly run: RunAnswer;
  readonly live: LiveRun;
  readonly onOpenStep: (step_id: string) => void;
}

interface Row {
  readonly event: StoredEvent;
  readonly line: EventLine;
  readonly step_id: string | null;
}

const idOf = ({ event }: Row): string => String(event.seq);

/** Everything that happened to a run, in its order, as it happens. */
export function Events({ run, live, onOpenStep }: EventsProps) {
  const words = useWords();
  const own = useWords(runsWords);
  const [filter, setFilter] = useUrlState(PARAMS);
  const events = useSyncExternalStore(live.log.subscribe, live.log.snapshot);
  const past = usePast(run, live);
  const [open, setOpen] = useState<Row | null>(null);
  const rows = useRows(events, filter);
  const columns = useColumns();
  const active = [filter.about, filter.kind].filter((value) => value !== '').length;
  return (
    <div className="stack">
      <Filters
        active={active}
        onClear={() => setFilter({ about: '', kind: '' })}
        more={
          <FilterSelect
            label={own.events.kind}
            value={filter.kind}
            options={KINDS.map((value) => ({ value, label: own.events.kinds[value] }))}
            onChange={(kind) => setFilter({ kind })}
          />
        }
      >
        <FilterText label={own.events.filter} value={filter.about} onChange={(about) => setFilter({ about })} />
      </Filters>
      <div className="row spread events-state">
        <Checkbox label={own.events.newest} checked={filter.newest} onChange={(newest) => setFilter({ newest })} />
        <span className="row">
          <span className="quiet number">{own.events.count(rows.length)}</span>
          <Liveness run={run} live={live} />
        </span>
      </div>
      <ErrorNote error={past.error} />
      <DataList
        label={own.events.label}
        items={rows}
        idOf={idOf}
        onOpen={setOpen}
        columns={columns}
        card={(row) => <Card row={row} />}
        rowHeight={36}
        isLoading={!past.isWhole && past.error === null && rows.length === 0}
        empty={<Empty title={events.length === 0 ? own.events.empty : own.events.no_match} icon="filter" />}
      />
      <Dialog
        open={open !== null}
        onClose={() => setOpen(null)}
        title={open === null ? '' : `${own.events.seq} ${open.event.seq}`}
        as="wide"
        footer={
          open?.step_id != null && (
            <button
              type="button"
              className="button plain m"
              onClick={() => {
                setOpen(null);
                onOpenStep(open.step_id ?? '');
              }}
            >
              {words.do.open}: {open.step_id}
            </button>
          )
        }
      >
        {open !== null && (
          <>
            <p className="event-open" dir="auto">
              <EventSign line={open.line} /> {open.line.text}
            </p>
            <When at={open.event.at} as="both" />
            <JsonView value={open.event} label={own.events.raw} />
          </>
        )}
      </Dialog>
    </div>
  );
}

function Liveness({ run, live }: Pick<EventsProps, 'run' | 'live'>) {
  const { events } = useWords(runsWords);
  if (isFinal(run.state)) return <Badge icon="check">{events.ended}</Badge>;
  switch (live.stream) {
    case 'open':
      return (
        <Badge tone="good" icon="dot">
          {events.live}
        </Badge>
      );
    case 'refused':
      return <Badge tone="warn">{events.refused}</Badge>;
    case 'connecting':
    case 'ended':
      return <Badge tone="calm">{events.connecting}</Badge>;
  }
}

const MOST_PAGES = 60;

/** Brings the events of before this page was opened into the log, and those of a run that has ended. */
function usePast(run: RunAnswer, live: LiveRun): { readonly isWhole: boolean; readonly error: unknown } {
  const api = useApi();
  const { log } = live;
  const [isWhole, setWhole] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const url = `${runUrl(run.run_id)}/events`;
  // A run that has ended has no stream: what it gets late (a notice, another outcome) shows in its seq.
  const late = isFinal(run.state) ? run.seq : 0;
  useEffect(() => {
    const stop = new AbortController();
    async function read(): Promise<void> {
      const known = log.snapshot();
      let cursor: string | null = known[0]?.seq === 1 ? String(known.at(-1)?.seq ?? 0) : '0';
      for (let page = 0; page < MOST_PAGES && cursor !== null; page++) {
        const answer: Page<StoredEvent> = await api.request('GET', url, { query: { cursor }, signal: stop.signal });
        log.add(answer.items);
        cursor = answer.next_cursor;
      }
      setError(null);
      setWhole(true);
    }
    read().catch((reason: unknown) => {
      if (!stop.signal.aborted) setError(reason);
    });
    return () => stop.abort();
  }, [api, log, url, late]);
  return { isWhole, error };
}

function useRows(
  events: readonly StoredEvent[],
  { about, kind, newest }: { readonly about: string; readonly kind: EventKind | ''; readonly newest: boolean },
): readonly Row[] {
  const words = useWords();
  const own = useWords(runsWords);
  const said = useSaidText();
  return useMemo(() => {
    const wanted = about.toLowerCase();
    const rows = events.flatMap((event): Row[] => {
      const line = eventLine(event, own, words, said);
      const step_id = stepOf(event);
      if (kind !== '' && line.kind !== kind) return [];
      if (wanted !== '' && !`${step_id ?? ''}\n${line.text}\n${event.type}`.toLowerCase().includes(wanted)) return [];
      return [{ event, line, step_id }];
    });
    return newest ? rows.reverse() : rows;
  }, [events, about, kind, newest, own, words, said]);
}

function useColumns(): readonly Column<Row>[] {
  const { events: words } = useWords(runsWords);
  return [
    {
      key: 'event',
      title: words.event,
      width: 'minmax(12rem, 4fr)',
      cell: ({ line }) => (
        <span className="event-text">
          <EventSign line={line} />
          <span className="truncate" dir="auto" title={line.text}>
            {line.text}
          </span>
        </span>
      ),
    },
    {
      key: 'about',
      title: words.about,
      width: 'minmax(7rem, 1fr)',
      cell: ({ step_id }) => <code className="quiet">{step_id ?? ''}</code>,
    },
    { key: 'at', title: words.at, width: '6.5rem', cell: ({ event }) => <When at={event.at} as="clock" inRow /> },
    {
      key: 'seq',
      title: words.seq,
      width: '4rem',
      align: 'end',
      cell: ({ event }) => <span className="faint number">{event.seq}</span>,
    },
  ];
}

function EventSign({ line: { tone, icon } }: { readonly line: EventLine }) {
  return (
    <span className={`sign ${tone}`}>
      <Icon name={icon} size={14} />
    </span>
  );
}

function Card({ row: { event, line, step_id } }: { readonly row: Row }) {
  return (
    <div className="card">
      <div className="event-text">
        <EventSign line={line} />
        <span className="truncate" dir="auto">
          {line.text}
        </span>
      </div>
      <div className="card-bottom">
        <code className="truncate">{step_id ?? ''}</code>
        <When at={event.at} as="clock" inRow />
        <span className="faint number">{event.seq}</span>
      </div>
    </div>
  );
}
