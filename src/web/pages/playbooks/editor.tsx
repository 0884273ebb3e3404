import { useMemo, useRef } from 'react';
import type { FieldLink } from '../../kit/field.js';
import './editor.css';

interface EditorProps {
  readonly field: FieldLink;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Lines, counted from 1, at which something is wrong. */
  readonly wrong?: readonly number[];
  readonly rows?: number;
  readonly placeholder?: string;
}

/** More lines than these are numbered by their text only: each wrong one is an element. */
const MOST_WRONG = 200;

/** A field for code with line numbers beside it. */
export function Editor({ field, value, onChange, wrong = [], rows = 24, placeholder }: EditorProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const numbers = useMemo(() => {
    const count = value.split('\n').length;
    return Array.from({ length: count }, (_, index) => index + 1).join('\n');
  }, [value]);
  return (
    <div className="editor">
      <div className="editor-gutter" aria-hidden="true">
        <div ref={gutter}>
          <pre>{numbers}</pre>
          {wrong.slice(0, MOST_WRONG).map((line) => (
            <span key={line} className="editor-wrong" style={{ top: `calc(${line - 1} * var(--editor-line))` }}>
              {line}
            </span>
          ))}
        </div>
      </div>
      <textarea
        {...field}
        className="input code"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        dir="ltr"
        rows={rows}
        wrap="off"
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.style.transform = `translateY(${-event.currentTarget.scrollTop}px)`;
        }}
      />
    </div>
  );
}

/** Puts the cursor at a line of a field for code, and the line into sight. */
export function goToLine(id: string, line: number): void {
  const area = document.getElementById(id);
  if (!(area instanceof HTMLTextAreaElement)) return;
  const lines = area.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const height = Number.parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 1) * height - area.clientHeight / 3);
}
