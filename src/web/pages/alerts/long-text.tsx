import { useState } from 'react';
import { Button } from '../../kit/button.js';
import { useWords } from '../../words/language.js';

const MOST = 700;
const MOST_LINES = 10;

/** Text from outside, at most a paragraph of it until somebody wants all. */
export function LongText({ text, label }: { readonly text: string; readonly label: string }) {
  const words = useWords();
  const [whole, setWhole] = useState(false);
  const cut = beginning(text);
  const isCut = cut.length < text.length;
  return (
    <div className="alert-text">
      <p dir="auto" aria-label={label}>
        {whole || !isCut ? text : `${cut}…`}
      </p>
      {isCut && (
        <Button size="s" tone="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? words.do.less : words.json.cut(text.length.toLocaleString('en'))}
        </Button>
      )}
    </div>
  );
}

/** The first lines of a text, never half of a character. */
export function beginning(text: string): string {
  const lines = text.split('\n', MOST_LINES + 1);
  const few = lines.length > MOST_LINES ? lines.slice(0, MOST_LINES).join('\n') : text;
  if (few.length <= MOST) return few;
  const last = few.charCodeAt(MOST - 1);
  return few.slice(0, last >= 0xd800 && last <= 0xdbff ? MOST - 1 : MOST);
}
