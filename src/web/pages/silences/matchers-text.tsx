import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';

const MOST = 50;

/** Matchers in a line, as they would be typed; `All alerts` where there are none. */
export function MatchersText({ matchers }: { readonly matchers: readonly string[] }) {
  const w = useWords(silencesWords).list;
  if (matchers.length === 0) return <span>{w.all_alerts}</span>;
  return <code className="silence-line">{matchers.slice(0, MOST).join(', ')}</code>;
}

/** Matchers one beside another, each whole. */
export function MatcherChips({ matchers }: { readonly matchers: readonly string[] }) {
  const w = useWords(silencesWords).list;
  if (matchers.length === 0) return <strong>{w.all_alerts}</strong>;
  return (
    <ul className="silence-chips">
      {matchers.slice(0, MOST).map((matcher) => (
        <li key={matcher}>
          <code>{matcher}</code>
        </li>
      ))}
    </ul>
  );
}
