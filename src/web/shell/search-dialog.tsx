import { useEffect, useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import type { SearchAnswer } from '../../domain/api/search.js';
import { useGet } from '../api/queries.js';
import { Dialog } from '../kit/dialog.js';
import { TextInput } from '../kit/field.js';
import { Badge } from '../kit/sign.js';
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

/** Finds things by id or word, from everywhere. */
export function SearchDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <Dialog open={open} onClose={onClose} title={words.search.title} as="wide">
      <Search onClose={onClose} />
    </Dialog>
  );
}

/** Of its own, so that every opening begins anew. */
function Search({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const id = useId();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const asked = useSettled(typed.trim(), WAIT_MS).slice(0, 200);
  const { data, error, isFetching } = useGet<SearchAnswer>('/api/v1/search', {
    query: { q: asked },
    enabled: asked !== '',
    keep: true,
  });
  const items = asked === '' ? [] : (data?.items ?? []);
  const place = Math.min(chosen, items.length - 1);
  function go(found: Found | undefined): void {
    if (found === undefined) return;
    onClose();
    navigate(`${FOLDERS[found.type]}/${encodeURIComponent(found.id)}`);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const next = { ArrowDown: place + 1, ArrowUp: place - 1 }[event.key];
    if (event.key === 'Enter') go(items[place]);
    if (next === undefined || items.length === 0) return;
    event.preventDefault();
    setChosen((next + items.length) % items.length);
  }
  return (
    <div className="search">
      <TextInput
        type="search"
        role="combobox"
        aria-label={words.search.hint}
        aria-expanded={items.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={items.length > 0 ? `${id}-${place}` : undefined}
        placeholder={words.search.hint}
        maxLength={200}
        value={typed}
        onChange={(text) => {
          setTyped(text);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ErrorNote error={asked === '' ? null : error} />
      <ul id={`${id}-list`} role="listbox" aria-label={words.search.title} className="search-list">
        {items.map((found, index) => (
          <li
            key={`${found.type} ${found.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === place}
            className="search-item"
            ref={(element) => {
              if (index === place) element?.scrollIntoView({ block: 'nearest' });
            }}
            onMouseMove={() => setChosen(index)}
            onClick={() => go(found)}
          >
            <Badge>{words.type[found.type]}</Badge>
            <span className="search-words">
              <span className="truncate" dir="auto">
                {found.title}
              </span>
              <span className="truncate quiet" dir="auto">
                {found.detail}
              </span>
            </span>
            {found.at !== null && <When at={found.at} inRow />}
          </li>
        ))}
      </ul>
      <p className="quiet" role="status">
        {asked === '' && words.search.start}
        {asked !== '' && data !== undefined && items.length === 0 && !isFetching && words.search.nothing(asked)}
        {items.length > 0 && data?.complete === false && words.search.incomplete}
      </p>
    </div>
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
