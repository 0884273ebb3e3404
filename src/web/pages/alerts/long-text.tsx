import { useState } from 'react';
import { Button } from '../../kit/button.js';
import { useWords } from '../../words/language.js';
import { countText } from '../../words/pair.js';
import { beginning } from './beginning.js';

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
          {whole ? words.do.less : words.json.cut(countText(text.length))}
        </Button>
      )}
    </div>
  );
}
