import { useState } from 'react';
import { useWords } from '../words/language.js';
import { Copy } from './copy.js';
import { Button } from './button.js';
import './code-block.css';

/** A remark at a line, as of a check of a playbook. Lines count from 1. */
export interface LineMark {
  readonly line: number;
  readonly tone: 'bad' | 'warn' | 'good' | 'info';
  readonly message?: string;
}

interface CodeBlockProps {
  readonly code: string;
  /** What it is, for screen readers and the copy button. */
  readonly label: string;
  readonly numbers?: boolean;
  readonly marks?: readonly LineMark[];
}

const MOST_LINES = 2_000;
const MOST_MARKS_TOLD = 20;

/** Text as it stands in a file, with line numbers, remarks at their lines, and a copy button. */
export function CodeBlock({ code, label, numbers = true, marks = [] }: CodeBlockProps) {
  const words = useWords();
  const [whole, setWhole] = useState(false);
  const lines = code.replace(/\n$/, '').split('\n');
  const shown = whole ? lines : lines.slice(0, MOST_LINES);
  const byLine = marksByLine(marks);
  return (
    <figure className="code-block" aria-label={label}>
      <div className="code-copy">
        <Copy text={code} what={label} />
      </div>
      <div className="code-scroll" tabIndex={0} role="region" aria-label={label}>
        <ol className={numbers ? 'code-lines numbered' : 'code-lines'}>
          {shown.map((text, index) => {
            const told = byLine.get(index + 1) ?? [];
            return (
              <li key={index} className={`code-line ${told[0]?.tone ?? ''}`}>
                {numbers && (
                  <span className="code-number" aria-hidden="true">
                    {index + 1}
                  </span>
                )}
                <code>{text || ' '}</code>
                {told.slice(0, MOST_MARKS_TOLD).map(({ message, tone }, place) =>
                  message === undefined ? null : (
                    <span key={place} className={`code-mark ${tone}`}>
                      <span className="visually-hidden">{words.code.line(index + 1)}: </span>
                      {message}
                    </span>
                  ),
                )}
              </li>
            );
          })}
        </ol>
      </div>
      {shown.length < lines.length && (
        <Button tone="quiet" size="s" onClick={() => setWhole(true)}>
          {words.do.all} ({words.list.rows(lines.length)})
        </Button>
      )}
    </figure>
  );
}

function marksByLine(marks: readonly LineMark[]): ReadonlyMap<number, readonly LineMark[]> {
  const byLine = new Map<number, LineMark[]>();
  for (const mark of marks) byLine.set(mark.line, [...(byLine.get(mark.line) ?? []), mark]);
  return byLine;
}
