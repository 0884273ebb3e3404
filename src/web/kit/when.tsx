import { useWords } from '../words/language.js';
import { useNow } from './now.js';
import { clockText, clockTimeText, exactText, relativeText, spanText } from './time.js';
import './when.css';

interface WhenProps {
  /** An instant as the API writes it; null and undefined show a dash. */
  readonly at: string | null | undefined;
  /** `relative` (default): 4 min ago · `clock`: 18:00:05 · `both`: 18:00:05 · 4 min ago */
  readonly as?: 'relative' | 'clock' | 'both';
  /** In rows that are links of their own: no tab stop, the exact instant on hover only. */
  readonly inRow?: boolean;
}

/** A point in time for people; the exact instant with its zone on hover and on focus. */
export function When({ at, as = 'relative', inRow = false }: WhenProps) {
  const words = useWords();
  const ms = at === null || at === undefined ? Number.NaN : Date.parse(at);
  // Seconds matter only while they are few.
  const now = useNow(Math.abs(Date.now() - ms) < 90_000 ? 1_000 : 10_000);
  if (Number.isNaN(ms)) return <span className="faint">–</span>;
  const exact = exactText(ms);
  const relative = relativeText(ms, now, words.time);
  const text =
    as === 'relative' ? relative : as === 'clock' ? clockTimeText(ms, now) : `${clockTimeText(ms, now)} · ${relative}`;
  if (inRow)
    return (
      <time className="number" dateTime={at ?? ''} title={exact}>
        {text}
      </time>
    );
  return (
    <time
      className="when number"
      dateTime={at ?? ''}
      data-exact={exact}
      tabIndex={0}
      aria-label={words.time.exact(text, exact)}
    >
      {text}
    </time>
  );
}

/** A length of time; without `to` it runs on. */
export function Span({
  from,
  to,
  ms,
}: {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly ms?: number;
}) {
  const words = useWords();
  const isRunning = ms === undefined && from != null && to == null;
  const now = useNow(isRunning ? 1_000 : 60_000);
  const length = ms ?? (from == null ? Number.NaN : (to == null ? now : Date.parse(to)) - Date.parse(from));
  if (Number.isNaN(length)) return <span className="faint">–</span>;
  return (
    <span className="number">
      {spanText(isRunning ? Math.floor(Math.max(0, length) / 1_000) * 1_000 : length, words.time)}
    </span>
  );
}

/** A clock that runs out: `4 min left`, then `2 min over`. */
export function Countdown({ until }: { readonly until: string }) {
  const words = useWords();
  const now = useNow(1_000);
  const ms = Date.parse(until);
  const tone = now > ms ? 'over' : ms - now < 300_000 ? 'soon' : '';
  return (
    <time className={`countdown number ${tone}`} dateTime={until} title={exactText(ms)}>
      {clockText(ms, now, words.time)}
    </time>
  );
}
