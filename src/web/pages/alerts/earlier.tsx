import type { AlertAnswer } from '../../../domain/api/alert.js';
import type { Ask } from '../../api/ahead.js';
import { path } from '../../api/client.js';
import type { Query } from '../../api/client.js';
import { useGet } from '../../api/queries.js';
import { LinkButton } from '../../kit/button.js';
import { Link } from '../../kit/link.js';
import { StateSign } from '../../kit/sign.js';
import { ErrorState, Loading } from '../../kit/states.js';
import { Table } from '../../kit/table.js';
import { When } from '../../kit/when.js';
import { alertsWords } from '../../words/alerts.js';
import { useWords } from '../../words/language.js';
import { alertsHref } from './alerts-link.js';
import { valueText } from './alert-facts.js';
import { DecisionSign } from './decision-sign.js';

const SHOWN = 12;
const LIST = '/api/v1/alerts';

function queryOf({ fingerprint }: AlertAnswer): Query {
  return { fingerprint, limit: SHOWN + 1 };
}

/** Asks for the other deliveries ahead of time. */
export function askEarlier(alert: AlertAnswer, ask: Ask): void {
  ask(LIST, queryOf(alert), 'after');
}

interface Page {
  readonly items: readonly AlertAnswer[];
  readonly next_cursor: string | null;
}

/** The other deliveries of the same condition on the same target. */
export function Earlier({ alert }: { readonly alert: AlertAnswer }) {
  const w = useWords(alertsWords).earlier;
  const { fingerprint, alert_id } = alert;
  const { data, error, refetch } = useGet<Page>(LIST, {
    query: queryOf(alert),
    live: 30_000,
    keep: true,
  });
  const others = data?.items.filter((other) => other.alert_id !== alert_id).slice(0, SHOWN) ?? [];
  const hasMore = data !== undefined && (data.next_cursor !== null || others.length === SHOWN);
  return (
    <section className="panel stack">
      <div className="row spread">
        <h2>{w.title}</h2>
        {hasMore && (
          <LinkButton href={alertsHref({ fingerprint })} size="s">
            {w.all}
          </LinkButton>
        )}
      </div>
      {data === undefined ? (
        error === null ? (
          <Loading rows={2} />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )
      ) : others.length === 0 ? (
        <p className="quiet">{w.none}</p>
      ) : (
        <Others others={others} />
      )}
    </section>
  );
}

function Others({ others }: { readonly others: readonly AlertAnswer[] }) {
  const { list, earlier } = useWords(alertsWords);
  return (
    <>
      <p className="quiet">{earlier.hint}</p>
      <Table
        caption={earlier.title}
        head={[list.received, list.status, list.decision, 'metric_value', earlier.began]}
        numbers={[3]}
        rows={others.map((other) => ({
          id: other.alert_id,
          cells: [
            <Link key="at" href={path`/alerts/${other.alert_id}`}>
              <When at={other.received_at} as="both" inRow />
            </Link>,
            <StateSign key="status" value={other.status} as="text" />,
            <DecisionSign key="decision" decision={other.decision} />,
            other.metric_value === null ? '–' : valueText(other.metric_value, other.metric_unit),
            <When key="began" at={other.timestamp} as="clock" inRow />,
          ],
        }))}
      />
    </>
  );
}
