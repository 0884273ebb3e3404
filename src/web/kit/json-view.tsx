import { useState } from 'react';
import type { ReactNode } from 'react';
import { useWords } from '../words/language.js';
import { countText } from '../words/pair.js';
import { Copy } from './copy.js';
import './json-view.css';

interface JsonViewProps {
  readonly value: unknown;
  /** What it is, for screen readers and the copy button. */
  readonly label: string;
  /** How many levels are open at first. */
  readonly open?: number;
}

const MOST_TEXT = 2_000;
const MOST_ENTRIES = 100;
const MOST_LEVELS = 64;

/** A JSON value that can be folded; long texts and long lists are cut until somebody wants all. */
export function JsonView({ value, label, open = 2 }: JsonViewProps) {
  return (
    <div className="json" role="group" aria-label={label} dir="ltr">
      <div className="json-copy">
        <Copy text={JSON.stringify(value, null, 2) ?? 'null'} what={label} />
      </div>
      <div className="json-tree">
        <Value value={value} name={null} open={open} level={0} />
      </div>
    </div>
  );
}

interface ValueProps {
  readonly value: unknown;
  readonly name: string | null;
  readonly open: number;
  readonly level: number;
}

function Value({ value, name, open, level }: ValueProps) {
  const words = useWords();
  const label: ReactNode = name === null ? null : <span className="json-key">{name}: </span>;
  if (typeof value !== 'object' || value === null)
    return (
      <div className="json-line">
        {label}
        <Leaf value={value} />
      </div>
    );
  const entries = Array.isArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : Object.entries(value);
  const [before, after] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0 || level >= MOST_LEVELS)
    return (
      <div className="json-line">
        {label}
        {entries.length === 0 ? `${before}${after}` : `${before}…${after}`}
      </div>
    );
  return (
    <Fold
      isOpen={level < open}
      summary={
        <>
          {label}
          {before} <span className="faint">{words.json.items(entries.length)}</span> {after}
        </>
      }
    >
      {() => <Entries entries={entries} open={open} level={level + 1} />}
    </Fold>
  );
}

/** What is folded is not drawn, so that a megabyte of JSON costs what is seen of it. */
function Fold(props: { readonly isOpen: boolean; readonly summary: ReactNode; readonly children: () => ReactNode }) {
  const [isOpen, setOpen] = useState(props.isOpen);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.summary}</summary>
      {isOpen && <div className="json-inside">{props.children()}</div>}
    </details>
  );
}

function Entries({
  entries,
  open,
  level,
}: {
  readonly entries: readonly (readonly [string, unknown])[];
  readonly open: number;
  readonly level: number;
}) {
  const words = useWords();
  const [most, setMost] = useState(MOST_ENTRIES);
  return (
    <>
      {entries.slice(0, most).map(([name, value]) => (
        <Value key={name} name={name} value={value} open={open} level={level} />
      ))}
      {entries.length > most && (
        <button type="button" className="json-more" onClick={() => setMost(most * 10)}>
          {words.json.more(Math.min(most * 9, entries.length - most))}
        </button>
      )}
    </>
  );
}

function Leaf({ value }: { readonly value: unknown }) {
  const words = useWords();
  const [whole, setWhole] = useState(false);
  if (typeof value !== 'string')
    return <span className={`json-${value === null ? 'null' : typeof value}`}>{String(value)}</span>;
  const isCut = !whole && value.length > MOST_TEXT;
  return (
    <span className="json-string" dir="auto">
      {isCut ? `${value.slice(0, MOST_TEXT)}…` : value === '' ? '""' : value}
      {isCut && (
        <button type="button" className="json-more" onClick={() => setWhole(true)}>
          {words.json.cut(countText(value.length))}
        </button>
      )}
    </span>
  );
}
