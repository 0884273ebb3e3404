import type { OverviewAnswer } from '../../../domain/api/overview.js';
import { Link } from '../../kit/link.js';
import { Table } from '../../kit/table.js';
import { exactText, hourText } from '../../kit/time.js';
import { useWords } from '../../words/language.js';
import { nowWords } from '../../words/now.js';
import { countText } from '../../words/pair.js';
import { KINDS, alertsHref, endOfHour, roundTop, totalOf, totalOfKind } from './hours.js';
import './alert-chart.css';

type Hours = OverviewAnswer['alerts_by_hour'];

/** The last 24 hours of alerts by what was decided; every part leads to the alerts that it stands for. */
export function AlertChart({ overview }: { readonly overview: OverviewAnswer }) {
  const { chart } = useWords(nowWords);
  const { alerts_by_hour: hours, since } = overview;
  const kinds = KINDS.filter((kind) => totalOfKind(hours, kind) > 0);
  if (kinds.length === 0) return <p className="quiet">{chart.none}</p>;
  return (
    <div className="stack">
      <ul className="chart-legend">
        {kinds.map((kind) => (
          <li key={kind}>
            <Link href={alertsHref(since, null, kind)}>
              <span className={`chart-key ${kind}`} aria-hidden="true" />
              <strong className="number">{countText(totalOfKind(hours, kind))}</strong> {chart.kind[kind]}
            </Link>
          </li>
        ))}
      </ul>
      <Bars hours={hours} />
      {!overview.alerts_complete && <p className="quiet">{chart.incomplete}</p>}
      <details>
        <summary className="quiet">{chart.table}</summary>
        <HourTable hours={hours} kinds={kinds} />
      </details>
    </div>
  );
}

/** Drawn for eyes and pointers; the words above and the table below say the same to everybody. */
function Bars({ hours }: { readonly hours: Hours }) {
  const { chart } = useWords(nowWords);
  const top = roundTop(Math.max(...hours.map(totalOf)));
  return (
    <div className="chart" aria-hidden="true">
      <span className="chart-top number">{countText(top)}</span>
      <div className="chart-bars">
        {hours.map((hour, index) => {
          const total = totalOf(hour);
          return (
            <Link
              key={hour.at}
              href={alertsHref(hour.at, endOfHour(hour.at), null)}
              className="chart-hour"
              tabIndex={-1}
              title={chart.bar(hourText(Date.parse(hour.at)), total)}
            >
              <span className="chart-bar" style={{ height: `${(total / top) * 100}%` }}>
                {KINDS.map((kind) =>
                  hour[kind] === 0 ? null : (
                    <span key={kind} className={`chart-part ${kind}`} style={{ flexGrow: hour[kind] }} />
                  ),
                )}
              </span>
              {index % 6 === 0 && <span className="chart-time number">{hourText(Date.parse(hour.at))}</span>}
            </Link>
          );
        })}
      </div>
    </div>
  );
}

function HourTable({ hours, kinds }: { readonly hours: Hours; readonly kinds: readonly (typeof KINDS)[number][] }) {
  const { chart } = useWords(nowWords);
  const rows = hours
    .filter((hour) => totalOf(hour) > 0)
    .toReversed()
    .map((hour) => {
      const until = endOfHour(hour.at);
      return {
        id: hour.at,
        cells: [
          <time key="at" dateTime={hour.at} title={exactText(Date.parse(hour.at))}>
            {hourText(Date.parse(hour.at))}
          </time>,
          ...kinds.map((kind) =>
            hour[kind] === 0 ? (
              <span key={kind} className="faint">
                0
              </span>
            ) : (
              <Link key={kind} href={alertsHref(hour.at, until, kind)}>
                {hour[kind]}
              </Link>
            ),
          ),
          <Link key="all" href={alertsHref(hour.at, until, null)}>
            {totalOf(hour)}
          </Link>,
        ],
      };
    });
  return (
    <Table
      caption={chart.title}
      head={[chart.hour, ...kinds.map((kind) => chart.kind[kind]), chart.total]}
      rows={rows}
      numbers={Array.from({ length: kinds.length + 1 }, (_, place) => place + 1)}
    />
  );
}
