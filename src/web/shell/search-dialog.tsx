import { useEffect, useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import type { SearchAnswer } from '../../domain/api/search.js';
import { useGet } from '../api/queries.js';
import { Dialog } from '../kit/dialog.js';
import { TextInput } from '../kit/field.js';
import { PriorityMark } from '../kit/priority-mark.js';
import { Badge, StateSign } from '../kit/sign.js';
import { ErrorNote } from '../kit/states.js';
import { When } from '../kit/when.js';
import { useWords } from '../words/language.js';
import './search-dialog.css';

type Found = SearchAnswer['items'][number];

const FOLDERS: Readonly<Record<Found['type'], string>> = {
  alert: '/alerts',
  run: '/runs',
  incident: '/incidents',
  playbook: '/playbooks',
  rule: '/rules',
};
const WAIT_MS = 180;
/** Of one type, for who wants more of it; the service gives no more. */
const MAX_SEARCH_LIMIT = 100;

/** Finds things by id or word, from everywhere. */
export function SearchDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <Dialog open={open} onClose={onClose} title={words.search.title} as="wide">
      <Search onClose={onClose} />
    </Dialog>
  );
}

/** A line of the list: something that was found, or the way to more of a type. */
type Line = { readonly found: Found } | { readonly more: Found['type'] };

/** Of its own, so that every opening begins anew. */
function Search({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const id = useId();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [only, setOnly] = useState<Found['type'] | null>(null);
  const asked = useSettled(typed.trim(), WAIT_MS).slice(0, 200);
  const { data, error, isFetching } = useGet<SearchAnswer>('/api/v1/search', {
    query: { q: asked, ...(only === null ? {} : { type: only, limit: MAX_SEARCH_LIMIT }) },
    enabled: asked !== '',
    keep: true,
  });
  const lines = asked === '' || data === undefined ? [] : linesOf(data, only);
  const place = Math.min(chosen, lines.length - 1);
  function take(line: Line | undefined): void {
    if (line === undefined) return;
    if ('more' in line) {
      setOnly(line.more);
      setChosen(0);
      return;
    }
    onClose();
    navigate(`${FOLDERS[line.found.type]}/${encodeURIComponent(line.found.id)}`);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      // A search field keeps the first Escape to itself, to empty itself: whoever presses it wants to be gone.
      event.preventDefault();
      onClose();
    }
    const next = { ArrowDown: place + 1, ArrowUp: place - 1 }[event.key];
    if (event.key === 'Enter') take(lines[place]);
    if (next === undefined || lines.length === 0) return;
    event.preventDefault();
    setChosen((next + lines.length) % lines.length);
  }
  return (
    <div className="search">
      <TextInput
        type="search"
        role="combobox"
        aria-label={words.search.hint}
        aria-expanded={lines.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={lines.length > 0 ? `${id}-${place}` : undefined}
        placeholder={words.search.hint}
        maxLength={200}
        value={typed}
        onChange={(text) => {
          setTyped(text);
          setOnly(null);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ErrorNote error={asked === '' ? null : error} />
      <ul id={`${id}-list`} role="listbox" aria-label={words.search.title} className="search-list">
        {lines.map((line, index) => (
          <li
            key={'more' in line ? `more ${line.more}` : `${line.found.type} ${line.found.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === place}
            className={'more' in line ? 'search-item more' : 'search-item'}
            ref={(element) => {
              if (index === place) element?.scrollIntoView({ block: 'nearest' });
            }}
            onMouseMove={() => setChosen(index)}
            onClick={() => take(line)}
          >
            {'more' in line ? <More type={line.more} /> : <FoundLine found={line.found} />}
          </li>
        ))}
      </ul>
      <p className="quiet" role="status">
        {asked === '' && words.search.start}
        {asked !== '' && data !== undefined && lines.length === 0 && !isFetching && words.search.nothing(asked)}
        {lines.length > 0 && data?.complete === false && words.search.incomplete}
      </p>
    </div>
  );
}

function linesOf({ items, more }: SearchAnswer, only: Found['type'] | null): readonly Line[] {
  return items.flatMap((found, index): readonly Line[] => {
    const isLast = items[index + 1]?.type !== found.type;
    return isLast && only === null && more.includes(found.type) ? [{ found }, { more: found.type }] : [{ found }];
  });
}

function More({ type }: { readonly type: Found['type'] }) {
  const words = useWords();
  return (
    <>
      <span />
      <span>{words.search.more(words.type[type])}</span>
    </>
  );
}

function FoundLine({ found }: { readonly found: Found }) {
  const words = useWords();
  const { type, title, detail, at, priority, severity, state } = found;
  return (
    <>
      <Badge>{words.type[type]}</Badge>
      <span className="search-words">
        <span className="truncate" dir="auto">
          {title}
        </span>
        <span className="search-signs">
          {priority !== undefined && <PriorityMark priority={priority} />}
          {severity !== undefined && <StateSign of="severity" value={severity} />}
          {state !== undefined && <StateSign value={state} />}
          {detail !== '' && (
            <span className="truncate quiet" dir="auto">
              {detail}
            </span>
          )}
        </span>
      </span>
      {at !== null && <When at={at} inRow />}
    </>
  );
}

/** The value once it has not changed for a while. */
function useSettled(value: string, wait_ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), wait_ms);
    return () => window.clearTimeout(timer);
  }, [value, wait_ms]);
  return settled;
}
