import { useMemo, useState } from 'react';
import type { z } from 'zod';
import type { PlaybookVersionAnswer } from '../../../domain/api/playbook.js';
import { path } from '../../api/client.js';
import { usePages } from '../../api/pages.js';
import { Button, IconButton } from '../../kit/button.js';
import { CodeBlock } from '../../kit/code-block.js';
import { Copy } from '../../kit/copy.js';
import { Field, Select } from '../../kit/field.js';
import { Empty, ErrorState, Loading } from '../../kit/states.js';
import { useNow } from '../../kit/now.js';
import { clockTimeText } from '../../kit/time.js';
import { text } from '../../kit/url-params.js';
import { useUrlState } from '../../kit/url-state.js';
import { useWords } from '../../words/language.js';
import { playbooksWords } from '../../words/playbooks.js';
import { diffLines, foldAlike } from './line-diff.js';
import type { DiffLine, DiffPart } from './line-diff.js';
import './versions.css';

type Version = z.infer<typeof PlaybookVersionAnswer>;

const PARAMS = { from: text(), to: text() };
const SHORT = 10;
const idOf = ({ version }: Version): string => version;

/** Every version that was in force, and what two of them differ in. `current` is the one in force now. */
export function Versions({ id, current }: { readonly id: string; readonly current: string | null }) {
  const { versions: words } = useWords(playbooksWords);
  const [chosen, change] = useUrlState(PARAMS);
  const now = useNow(60_000);
  const list = usePages<Version>(path`/api/v1/playbooks/${id}/versions`, { idOf, limit: 50 });
  if (list.error !== null && list.items.length === 0) return <ErrorState error={list.error} onRetry={list.retry} />;
  if (list.isLoading) return <Loading rows={6} />;
  // The one in force may be an older text that came back: what it is compared with is the next one in the list.
  const to = find(list.items, chosen.to) ?? find(list.items, current ?? '') ?? list.items[0];
  const from = find(list.items, chosen.from) ?? list.items.find((one) => one !== to);
  if (to === undefined || from === undefined || list.items.length < 2)
    return (
      <div className="stack">
        <Empty title={words.only} icon="playbook">
          <p>{words.only_hint}</p>
        </Empty>
        {to !== undefined && <CodeBlock code={to.source} label={words.item(short(to), clockTimeText(Date.parse(to.first_seen_at), now))} />}
      </div>
    );
  const options = list.items.map((one) => ({
    value: one.version,
    label: `${words.item(short(one), clockTimeText(Date.parse(one.first_seen_at), now))}${one.version === current ? ` (${words.current})` : ''}`,
  }));
  return (
    <div className="stack">
      <div className="version-choice">
        <Field label={words.was}>
          {(field) => <Select {...field} value={from.version} options={options} onChange={(v) => change({ from: v })} />}
        </Field>
        <IconButton
          icon="retry"
          label={words.swap}
          onClick={() => change({ from: to.version, to: from.version })}
        />
        <Field label={words.now}>
          {(field) => <Select {...field} value={to.version} options={options} onChange={(v) => change({ to: v })} />}
        </Field>
        {list.hasMore && (
          <Button tone="quiet" busy={list.isLoadingMore} onClick={() => list.more()}>
            {words.more}
          </Button>
        )}
      </div>
      <Difference from={from} to={to} />
    </div>
  );
}

function find(items: readonly Version[], version: string): Version | undefined {
  return items.find((one) => one.version === version);
}

function short({ version }: Version): string {
  return version.slice(0, SHORT);
}

function Difference({ from, to }: { readonly from: Version; readonly to: Version }) {
  const { versions: words } = useWords(playbooksWords);
  const diff = useMemo(() => diffLines(from.source, to.source), [from.source, to.source]);
  const parts = useMemo(() => foldAlike(diff.lines), [diff]);
  if (diff.added + diff.removed === 0) return <Empty title={words.same} icon="check" />;
  let before = 0;
  const placed = parts.map((part) => {
    const at = before;
    before += part.type === 'gap' ? part.count : part.lines.length;
    return { part, lines: part.type === 'gap' ? diff.lines.slice(at, at + part.count) : part.lines, at };
  });
  return (
    <>
      <p className="row spread">
        <span className="number">{words.counts(diff.added, diff.removed)}</span>
        <Copy text={to.source} what={words.now} />
      </p>
      {!diff.exact && <p className="quiet">{words.coarse}</p>}
      {/* The versions are part of the key: folds that were opened belong to one difference. */}
      <div className="diff" role="region" tabIndex={0} aria-label={words.difference} key={`${from.version} ${to.version}`}>
        <div className="diff-lines">
          {placed.map(({ part, lines, at }) => (
            <Part key={at} part={part} lines={lines} />
          ))}
        </div>
      </div>
    </>
  );
}

function Part({ part, lines }: { readonly part: DiffPart; readonly lines: readonly DiffLine[] }) {
  const { versions: words } = useWords(playbooksWords);
  const [open, setOpen] = useState(false);
  if (part.type === 'gap' && !open)
    return (
      <div className="diff-gap">
        <button type="button" onClick={() => setOpen(true)} aria-label={`${words.gap(part.count)}: ${words.show}`}>
          {words.gap(part.count)}
        </button>
      </div>
    );
  return lines.map((line) => <Line key={`${line.was ?? ''}-${line.now ?? ''}`} line={line} />);
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

function Line({ line }: { readonly line: DiffLine }) {
  const { versions: words } = useWords(playbooksWords);
  return (
    <div className={`diff-line ${line.type}`}>
      <span className="diff-number" aria-hidden="true">
        {line.was ?? ''}
      </span>
      <span className="diff-number" aria-hidden="true">
        {line.now ?? ''}
      </span>
      <span className="diff-sign" aria-hidden="true">
        {SIGNS[line.type]}
      </span>
      <code>
        {line.type !== 'same' && <span className="visually-hidden">{words[line.type]}: </span>}
        {line.text || ' '}
      </code>
    </div>
  );
}
