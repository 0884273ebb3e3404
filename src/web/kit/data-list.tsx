import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { navigate } from 'wouter/use-browser-location';
import { useAhead } from '../api/ahead.js';
import type { Ahead, Ask } from '../api/ahead.js';
import { useWords } from '../words/language.js';
import { Button } from './button.js';
import { useKeys } from './keys.js';
import { Link } from './link.js';
import { stepBefore } from './lead.js';
import { useMedia } from './media.js';
import { Loading } from './states.js';
import { findTypefaces } from './typefaces.js';
import { visibleRange } from './window-range.js';
import type { Range } from './window-range.js';
import './data-list.css';

/** One column of a list. */
export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** A grid track: `8rem`, `minmax(8rem, 1fr)`. */
  readonly width: string;
  readonly cell: (item: T) => ReactNode;
  readonly align?: 'end';
  /** Left out where the window is narrower than this. */
  readonly from?: number;
}

interface DataListProps<T> {
  /** What it lists, for screen readers. */
  readonly label: string;
  readonly items: readonly T[];
  readonly idOf: (item: T) => string;
  readonly columns: readonly Column<T>[];
  /** Where a row leads; the whole row is its link. */
  readonly hrefOf?: (item: T) => string;
  /** What else is fetched ahead, with the row's page, when somebody points at a row. */
  readonly ahead?: (item: T, ask: Ask) => void;
  /** Instead of `hrefOf`: what a row opens on the page. */
  readonly onOpen?: (item: T) => void;
  /** What a row says where there is no room for columns: two lines. */
  readonly card: (item: T) => ReactNode;
  /** In pixels; every row is as high. */
  readonly rowHeight?: number;
  readonly cardHeight?: number;
  readonly isLoading?: boolean;
  readonly hasMore?: boolean;
  readonly isLoadingMore?: boolean;
  readonly onMore?: () => void;
  /** What stands there when there are none. */
  readonly empty: ReactNode;
  /** The row that is open beside the list. */
  readonly current?: string | null;
  /** Links that stand before the list and that its keys walk first. */
  readonly lead?: () => readonly HTMLElement[];
}

const MORE_BEFORE_END = 30;
/** What may lie over the window's ends, in pixels: a row that is gone to stands between. */
const TOP_BARS = 24;
const BOTTOM_BARS = 72;

/** A list of any length: only the rows in sight are drawn. `j` `k` choose a row, `Enter` opens it; it scrolls with the page. */
export function DataList<T>(props: DataListProps<T>) {
  const { items, columns, isLoading = false, hasMore = false, isLoadingMore = false, onMore } = props;
  const words = useWords();
  const isNarrow = useMedia('(max-width: 720px)');
  const width = useWindowWidth();
  const shown = useMemo(() => columns.filter(({ from }) => from === undefined || width >= from), [columns, width]);
  const rowHeight = isNarrow ? (props.cardHeight ?? 68) : (props.rowHeight ?? 40);
  const body = useRef<HTMLDivElement>(null);
  const range = useVisibleRange(body, rowHeight, items.length);
  const ahead = useAhead();
  const follow = useFollow(props, ahead);
  const [chosen, setChosen] = useRowKeys(props, body, rowHeight, follow);
  const hasRows = !isLoading && items.length > 0;
  useEffect(() => {
    if (hasRows) findTypefaces(document);
  }, [hasRows]);
  useEffect(() => {
    if (hasMore && !isLoadingMore && range.to >= items.length - MORE_BEFORE_END) onMore?.();
  }, [hasMore, isLoadingMore, range.to, items.length, onMore]);

  if (isLoading) return <Loading rows={8} />;
  if (items.length === 0) return <>{props.empty}</>;
  const tracks = isNarrow ? 'minmax(0, 1fr)' : shown.map((column) => column.width).join(' ');
  return (
    <div className="data-list">
      <div role="table" aria-label={props.label} aria-rowcount={hasMore ? -1 : items.length + 1}>
        <div role="rowgroup" className={isNarrow ? 'visually-hidden' : 'data-head'}>
          <div role="row" aria-rowindex={1} className="data-row" style={{ gridTemplateColumns: tracks }}>
            {(isNarrow ? [{ key: 'card', title: props.label, align: undefined }] : shown).map(
              ({ key, title, align }) => (
                <div key={key} role="columnheader" className={align === 'end' ? 'cell end' : 'cell'}>
                  {title}
                </div>
              ),
            )}
          </div>
        </div>
        <div role="rowgroup" ref={body} className="data-body" style={{ height: items.length * rowHeight }}>
          {rowsToDraw(range, chosen, items.length).map((index) => {
            const item = items[index];
            if (item === undefined) return null;
            const id = props.idOf(item);
            return (
              <MemoRow
                key={id}
                {...{ item, index, rowHeight, tracks, isNarrow }}
                columns={shown}
                card={props.card}
                hrefOf={props.hrefOf}
                onOpen={props.onOpen}
                ahead={ahead}
                more={props.ahead}
                isChosen={index === chosen}
                isCurrent={props.current === id}
                onChoose={setChosen}
                onFollow={follow}
              />
            );
          })}
        </div>
      </div>
      <div className="data-foot" role="status">
        {isLoadingMore && words.list.loading_more}
        {hasMore && !isLoadingMore && (
          <Button tone="quiet" size="s" onClick={onMore}>
            {words.do.more}
          </Button>
        )}
      </div>
    </div>
  );
}

interface RowProps<T> {
  readonly item: T;
  readonly index: number;
  readonly rowHeight: number;
  readonly tracks: string;
  readonly isNarrow: boolean;
  readonly columns: readonly Column<T>[];
  readonly card: (item: T) => ReactNode;
  readonly hrefOf: ((item: T) => string) | undefined;
  readonly onOpen: ((item: T) => void) | undefined;
  readonly ahead: Ahead;
  readonly more: ((item: T, ask: Ask) => void) | undefined;
  readonly isChosen: boolean;
  readonly isCurrent: boolean;
  readonly onChoose: (index: number) => void;
  readonly onFollow: (item: T) => void;
}

function Row<T>({ item, index, rowHeight, tracks, isNarrow, columns, card, hrefOf, onOpen, ...rest }: RowProps<T>) {
  const cells: readonly Pick<Column<T>, 'key' | 'cell' | 'align'>[] = isNarrow
    ? [{ key: 'card', cell: card }]
    : columns;
  const href = hrefOf?.(item);
  const more = (ask: Ask): void => rest.more?.(item, ask);
  const aim = (): void => {
    if (href !== undefined) rest.ahead.aim(href, more);
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-current={rest.isCurrent || undefined}
      data-row={index}
      className={`data-row data-item${rest.isChosen ? ' chosen' : ''}`}
      style={{ gridTemplateColumns: tracks, height: rowHeight, transform: `translateY(${index * rowHeight}px)` }}
      onFocus={() => {
        rest.onChoose(index);
        aim();
      }}
      onPointerEnter={aim}
      onPointerLeave={rest.ahead.leave}
      onPointerDown={() => href !== undefined && rest.ahead.take(href, more)}
    >
      {cells.map(({ key, cell, align }, place) => (
        <div key={key} role="cell" className={align === 'end' ? 'cell end' : 'cell'}>
          {place > 0 || (href === undefined && onOpen === undefined) ? (
            cell(item)
          ) : href !== undefined ? (
            <Link href={href} className="row-link" onFollow={() => rest.onFollow(item)}>
              {cell(item)}
            </Link>
          ) : (
            <button type="button" className="row-link" onClick={() => onOpen?.(item)}>
              {cell(item)}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

/** A row that did not change is not drawn again while the list scrolls. */
const MemoRow = memo(Row) as typeof Row; // memo forgets the type parameter

/** The rows in sight, and the chosen one wherever it is: it may have the focus, which would be lost with it. */
function rowsToDraw({ from, to }: Range, chosen: number, count: number): number[] {
  const rows = Array.from({ length: to - from }, (_, place) => from + place);
  return chosen >= 0 && chosen < count && (chosen < from || chosen >= to) ? [...rows, chosen] : rows;
}

function useVisibleRange(body: { readonly current: HTMLElement | null }, rowHeight: number, count: number): Range {
  const [range, setRange] = useState<Range>({ from: 0, to: Math.min(count, 40) });
  useEffect(() => {
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const next = visibleRange(
        { top: element.getBoundingClientRect().top, height: window.innerHeight },
        rowHeight,
        count,
      );
      setRange((known) => (known.from === next.from && known.to === next.to ? known : next));
    };
    const soon = (): void => {
      if (frame === 0) frame = requestAnimationFrame(measure);
    };
    measure();
    // Capture: the list may stand in something that scrolls by itself.
    document.addEventListener('scroll', soon, { passive: true, capture: true });
    window.addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      document.removeEventListener('scroll', soon, { capture: true });
      window.removeEventListener('resize', soon);
    };
  }, [body, rowHeight, count]);
  return range.to > count ? { from: Math.min(range.from, count), to: count } : range;
}

/** Goes where a row leads, as soon as its page can be drawn whole. */
function useFollow<T>({ hrefOf, ahead: more }: DataListProps<T>, ahead: Ahead): (item: T) => void {
  return useCallback(
    (item: T) => {
      const href = hrefOf?.(item);
      if (href === undefined) return;
      const from = window.location.href;
      ahead.follow(
        href,
        () => {
          // Who has gone elsewhere meanwhile is not taken away from there.
          if (window.location.href === from) navigate(href);
        },
        (ask) => more?.(item, ask),
      );
    },
    [hrefOf, more, ahead],
  );
}

function useRowKeys<T>(
  { items, idOf, hrefOf, onOpen, lead }: DataListProps<T>,
  body: { readonly current: HTMLElement | null },
  rowHeight: number,
  follow: (item: T) => void,
): readonly [number, (index: number) => void] {
  const words = useWords();
  const [chosenId, setChosenId] = useState<string | null>(null);
  const chosen = chosenId === null ? -1 : items.findIndex((item) => idOf(item) === chosenId);
  const choose = useCallback(
    (index: number) => {
      const item = items[index];
      if (item !== undefined) setChosenId(idOf(item));
    },
    [items, idOf],
  );
  /** False where the list itself is to move. */
  function moveBefore(by: number): boolean {
    const links = lead?.() ?? [];
    const at = links.findIndex((link) => link === document.activeElement);
    const next = stepBefore({ count: links.length, at, chosen: at < 0 ? chosen : -1 }, by);
    if (next === null) return false;
    setChosenId(null);
    links[next]?.focus();
    return true;
  }
  function move(by: number): void {
    if (moveBefore(by)) return;
    // Where nothing is chosen yet it begins with the first row in sight.
    const above = Math.ceil((TOP_BARS - (body.current?.getBoundingClientRect().top ?? 0)) / rowHeight);
    const from = chosen >= 0 ? chosen + by : above;
    const next = Math.min(Math.max(from, 0), items.length - 1);
    choose(next);
    const top = (body.current?.getBoundingClientRect().top ?? 0) + next * rowHeight;
    const low = window.innerHeight - BOTTOM_BARS - rowHeight;
    if (top < TOP_BARS) window.scrollBy(0, top - TOP_BARS);
    else if (top > low) window.scrollBy(0, top - low);
    requestAnimationFrame(() => {
      body.current?.querySelector<HTMLElement>(`[data-row="${next}"] .row-link`)?.focus({ preventScroll: true });
    });
  }
  useKeys([
    { keys: 'j', label: words.keys.down, run: () => move(1) },
    { keys: 'k', label: words.keys.up, run: () => move(-1) },
    {
      keys: 'Enter',
      label: words.keys.enter,
      run: () => {
        const item = items[chosen];
        if (item === undefined) return;
        if (hrefOf !== undefined) follow(item);
        else onOpen?.(item);
      },
    },
  ]);
  return [chosen, choose];
}

function useWindowWidth(): number {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const onResize = (): void => setWidth(window.innerWidth);
    window.addEventListener('resize', onResize);
    return () => window.removeEventListener('resize', onResize);
  }, []);
  return width;
}
