import { useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import type { WindowAnswer } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { useMay } from '../../api/session.js';
import { Button } from '../../kit/button.js';
import { DataList } from '../../kit/data-list.js';
import type { Column } from '../../kit/data-list.js';
import { firstLine } from '../../kit/first-line.js';
import { useKeys } from '../../kit/keys.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { Empty, ErrorState } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { MatchersText } from './matchers-text.js';
import { scheduleText } from './schedule-text.js';
import { WindowDialog } from './window-dialog.js';

/** The windows in force and to come: those of the file first. */
export function WindowList() {
  const w = useWords(silencesWords);
  const may = useMay('operate');
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const list = usePages<WindowAnswer>('/api/v1/maintenance_windows', { idOf });
  const columns = useColumns();
  useKeys(may ? [{ keys: 'c', label: w.do.create_window, run: () => setOpen(true) }] : []);
  const create = may && (
    <Button tone="primary" icon="plus" onClick={() => setOpen(true)}>
      {w.do.create_window}
    </Button>
  );
  return (
    <>
      {list.items.length > 0 && <div className="silence-bar end">{create}</div>}
      {list.error !== null && list.items.length === 0 ? (
        <ErrorState error={list.error} onRetry={list.retry} />
      ) : (
        <DataList
          label={w.tabs.windows}
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
            <Empty title={w.list.windows_none} icon="clock" actions={create}>
              {w.list.windows_none_hint}
            </Empty>
          }
        />
      )}
      {may && (
        <WindowDialog
          open={open}
          onClose={() => setOpen(false)}
          onDone={({ window_id }) => navigate(path`/silences/windows/${window_id}`)}
        />
      )}
    </>
  );
}

function idOf({ window_id }: WindowAnswer): string {
  return window_id;
}

function hrefOf({ window_id }: WindowAnswer): string {
  return path`/silences/windows/${window_id}`;
}

function useColumns(): readonly Column<WindowAnswer>[] {
  const { list: w, window: words } = useWords(silencesWords);
  return useMemo(
    () => [
      {
        key: 'comment',
        title: w.comment,
        width: 'minmax(10rem, 1.3fr)',
        cell: (window) => <bdi>{nameOf(window)}</bdi>,
      },
      { key: 'state', title: w.state, width: '7rem', cell: ({ state }) => <StateSign value={state} as="text" /> },
      {
        key: 'matchers',
        title: w.matchers,
        width: 'minmax(9rem, 1.2fr)',
        cell: ({ matchers }) => <MatchersText matchers={matchers} />,
      },
      {
        key: 'when',
        title: w.when,
        width: 'minmax(9rem, 1.8fr)',
        from: 960,
        cell: ({ schedule }) => <span className="quiet">{scheduleText(schedule, words)}</span>,
      },
      {
        key: 'does',
        title: words.effect,
        width: 'minmax(9.5rem, 1fr)',
        from: 1_180,
        cell: (window) => <Does window={window} />,
      },
      {
        key: 'next',
        title: words.next_short,
        width: '9.5rem',
        align: 'end',
        cell: (window) => <Next window={window} />,
      },
    ],
    [w, words],
  );
}

/** What a window is called: by its first words, else by its id. */
export function nameOf({ comment, window_id }: Pick<WindowAnswer, 'comment' | 'window_id'>): string {
  return firstLine(comment) || window_id;
}

/** What a window does meanwhile. */
export function Does({ window: { hold, freeze } }: { readonly window: Pick<WindowAnswer, 'hold' | 'freeze'> }) {
  const w = useWords(silencesWords).window;
  if (freeze) return <Badge tone="warn">{hold ? `${w.holds}, ${w.freezes}` : w.freezes}</Badge>;
  return <>{w.holds}</>;
}

/** When it ends while it is, else when it begins next. */
function Next({ window: { state, next } }: { readonly window: WindowAnswer }) {
  const { window: w, list } = useWords(silencesWords);
  const [first] = next;
  if (first === undefined) return <span className="faint">–</span>;
  if (state === 'active')
    return first.ends_at === null ? (
      <span className="quiet">{w.no_end}</span>
    ) : (
      <span>
        <span className="faint">{list.ends}</span> <When at={first.ends_at} inRow />
      </span>
    );
  return <When at={first.starts_at} inRow />;
}

function card(window: WindowAnswer) {
  return (
    <div className="card">
      <div className="card-top">
        <bdi className="truncate">{nameOf(window)}</bdi>
        <Next window={window} />
      </div>
      <div className="card-bottom">
        <StateSign value={window.state} as="text" />
        {window.freeze && <Does window={window} />}
        <span className="truncate">
          <MatchersText matchers={window.matchers} />
        </span>
      </div>
    </div>
  );
}
