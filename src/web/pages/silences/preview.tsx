import { useQuery } from '@tanstack/react-query';
import type { SilencePreview } from '../../../domain/api/suppression.js';
import { path } from '../../api/client.js';
import { useApi } from '../../api/context.js';
import { isPassing, keyOf } from '../../api/queries.js';
import { Icon } from '../../kit/icon.js';
import { Link } from '../../kit/link.js';
import { Badge, StateSign } from '../../kit/sign.js';
import { ErrorNote } from '../../kit/states.js';
import { When } from '../../kit/when.js';
import { silencesWords } from '../../words/silences.js';
import { useWords } from '../../words/language.js';
import { matcherProblems } from './matcher-problems.js';

const PREVIEW = '/api/v1/silences/preview';
const SHOWN = 8;

/**
 * What fires now and matches, asked anew whenever the matchers change. Without a matcher nothing is asked, but of a window: that concerns
 * all alerts then.
 */
export function usePreview(matchers: readonly string[], window = false) {
  const api = useApi();
  return useQuery<SilencePreview>({
    queryKey: keyOf(PREVIEW, { matchers, window }),
    queryFn: ({ signal }) => api.request<SilencePreview>('POST', PREVIEW, { body: { matchers, window }, signal }),
    enabled: window || matchers.length > 0,
    // What was seen stays until the next answer: nothing jumps at each matcher.
    placeholderData: (before) => before,
    retry: (failures, error) => failures < 2 && isPassing(error),
  });
}

interface PreviewProps {
  readonly title: string;
  readonly preview: ReturnType<typeof usePreview>;
  readonly matchers: readonly string[];
  /** What is said when there is no matcher. */
  readonly unmatched: string;
  /** Without a matcher it takes everything: said loudly. */
  readonly isAll?: boolean;
}

/** The alerts that would be held back: how many, and the first of them. */
export function Preview({ title, preview, matchers, unmatched, isAll = false }: PreviewProps) {
  const w = useWords(silencesWords).preview;
  const { data, error } = preview;
  const isUnmatched = matchers.length === 0;
  const isTold = Object.keys(matcherProblems(error)).length > 0;
  return (
    <section className="silence-preview" aria-label={title}>
      <h3>{title}</h3>
      {isUnmatched && (
        <p className={isAll ? 'silence-all' : 'quiet'}>
          {isAll && <Icon name="incident" />}
          {unmatched}
        </p>
      )}
      {isUnmatched && !isAll ? null : error !== null ? (
        !isTold && <ErrorNote error={error} />
      ) : data === undefined ? (
        <p className="quiet">{w.asking}</p>
      ) : (
        <Found data={data} />
      )}
    </section>
  );
}

function Found({ data: { items, count, complete } }: { readonly data: SilencePreview }) {
  const w = useWords(silencesWords).preview;
  if (count === 0) return <p className="quiet">{w.none}</p>;
  const critical = items.filter(({ severity }) => severity === 'critical').length;
  return (
    <>
      <p className="row" role="status">
        <strong>{complete ? w.count(count) : w.at_least(count)}</strong>
        {critical > 0 && (
          <Badge tone="bad" icon="bang">
            {w.critical(critical)}
          </Badge>
        )}
      </p>
      <ul className="silence-found">
        {items.slice(0, SHOWN).map((alert) => (
          <li key={alert.alert_id}>
            <StateSign of="severity" value={alert.severity} as="icon" />
            <Link href={path`/alerts/${alert.alert_id}`} className="truncate">
              <bdi>{alert.alert_name.slice(0, 200)}</bdi>
            </Link>
            {alert.service_name !== null && <bdi className="quiet truncate">{alert.service_name.slice(0, 100)}</bdi>}
            <span className="faint silence-found-at">
              <When at={alert.timestamp} inRow />
            </span>
          </li>
        ))}
      </ul>
      {count > SHOWN && <p className="quiet">{w.more(count - SHOWN)}</p>}
    </>
  );
}
