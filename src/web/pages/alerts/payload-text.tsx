import { useLayoutEffect, useMemo, useRef } from 'react';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import type { IndentedText } from './indent-json.js';

/** Lines that are laid out together, when they come into view: a body of a megabyte is as quick as a short one. */
const LINES_OF_BLOCK = 100;

interface PayloadTextProps {
  readonly shown: IndentedText;
  readonly label: string;
}

/** A long text from outside, line by line, with the part that is looked for marked and in view. */
export function PayloadText({ shown, label }: PayloadTextProps) {
  const w = useWords(alertsWords).payload;
  const box = useRef<HTMLDivElement>(null);
  const own = useRef<HTMLElement>(null);
  const { lines, part } = shown;
  const [from, to] = part ?? [lines.length, lines.length];
  useLayoutEffect(() => {
    // Within its own box: the page stays where it is.
    if (box.current !== null && own.current !== null) box.current.scrollTop = Math.max(0, own.current.offsetTop - 40);
  }, [shown]);
  return (
    <div ref={box} className="payload-text" tabIndex={0} role="region" aria-label={label} dir="ltr">
      <Blocks lines={lines} from={0} to={from} />
      {part !== null && (
        <section ref={own} className="payload-own" aria-label={w.own}>
          <Blocks lines={lines} from={from} to={to} />
        </section>
      )}
      <Blocks lines={lines} from={to} to={lines.length} />
    </div>
  );
}

function Blocks({
  lines,
  from,
  to,
}: {
  readonly lines: readonly string[];
  readonly from: number;
  readonly to: number;
}) {
  const blocks = useMemo(() => {
    const texts: string[] = [];
    for (let at = from; at < to; at += LINES_OF_BLOCK)
      texts.push(lines.slice(at, Math.min(to, at + LINES_OF_BLOCK)).join('\n'));
    return texts;
  }, [lines, from, to]);
  return blocks.map((text, index) => (
    <pre key={index} className={to - from >= LINES_OF_BLOCK ? 'payload-block long' : 'payload-block'}>
      {text}
    </pre>
  ));
}
