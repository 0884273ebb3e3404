import { useEffect, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import type { WindowAnswer, WindowPreview } from '../../../domain/api/suppression.js';
import { useApi } from '../../api/context.js';
import { isPassing, keyOf } from '../../api/queries.js';
import { ErrorNote } from '../../kit/states.js';
import { Table } from '../../kit/table.js';
import { Span, When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { fieldProblems, restOf } from './matcher-problems.js';
import { previewBodyOf } from './window-draft.js';
import type { WindowFields } from './window-draft.js';
import { TIME_FIELDS } from './window-times.js';

const PREVIEW = '/api/v1/maintenance_windows/preview';
/** Whoever types has paused for so long when it is asked. */
const SETTLES_MS = 350;

interface WindowSpansProps extends Pick<WindowAnswer, 'state' | 'next'> {
  /** Where there is little room: how long it is until then is left out. */
  readonly compact?: boolean;
}

/** When a window is in force: its occurrences, the present one first. */
export function WindowSpans({ state, next, compact = false }: WindowSpansProps) {
  const w = useWords(silencesWords).window;
  if (next.length === 0) return <p className="quiet">{w.next_none}</p>;
  return (
    <Table
      caption={w.next}
      head={[w.from, w.to, w.length]}
      numbers={[2]}
      stacks={!compact}
      rows={next.map(({ starts_at, ends_at }, place) => ({
        id: String(place),
        cells: [
          place === 0 && state === 'active' ? (
            w.now_on
          ) : (
            <When key="from" at={starts_at} as={compact ? 'clock' : 'both'} />
          ),
          ends_at === null ? w.no_end : <When key="to" at={ends_at} as="clock" />,
          ends_at === null ? '–' : <Span key="length" from={starts_at} to={ends_at} />,
        ],
      }))}
    />
  );
}

/** When the window of a form would be in force, asked anew whenever its times change and can be meant. */
export function useSpans(fields: WindowFields) {
  const api = useApi();
  const body = useSettled(JSON.stringify(previewBodyOf(fields, Date.now())));
  const isMeant = body !== 'null';
  const { data, error } = useQuery<WindowPreview>({
    queryKey: keyOf(PREVIEW, { body }),
    queryFn: ({ signal }) => api.request<WindowPreview>('POST', PREVIEW, { body: JSON.parse(body) as object, signal }),
    enabled: isMeant,
    // What was seen stays until the next answer: nothing jumps at each key.
    placeholderData: (before) => before,
    retry: (failures, refusal) => failures < 2 && isPassing(refusal),
  });
  return { data: isMeant ? data : undefined, error: isMeant ? error : null };
}

interface SpansPreviewProps {
  readonly spans: ReturnType<typeof useSpans>;
  readonly kind: WindowFields['kind'];
}

/** The next occurrences of a window that is not made yet. */
export function SpansPreview({ spans: { data, error }, kind }: SpansPreviewProps) {
  const w = useWords(silencesWords).window;
  // What is wrong with a field stands at that field.
  const rest = restOf(error, TIME_FIELDS[kind]);
  const isTold = error !== null && rest === null;
  return (
    <section className="silence-preview" aria-label={w.next} aria-live="polite">
      <h3>{w.next}</h3>
      {rest !== null ? (
        <ErrorNote error={rest} />
      ) : data === undefined || isTold ? (
        <p className="quiet">{w.next_wait}</p>
      ) : (
        <WindowSpans {...data} compact />
      )}
    </section>
  );
}

/** What the service says of the times of a form, by the fields' names in the body. */
export function spanProblems({ error }: ReturnType<typeof useSpans>): Readonly<Record<string, string>> {
  return fieldProblems(error);
}

/** A value once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
